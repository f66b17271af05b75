import { hash, roll } from '../../random.ts';
import type { PlannedItem } from '../plan/planner.ts';
import type { PlanRequest } from '../plan/request.ts';
import type { FlawedCall } from './caption.ts';

/** How many of the items of an answer say again what another one says. */
const repeatedShare = 0.25;

/** Items some of which repeat those before them, all but word for word. Given parts stay. */
export function repeatItems(
  items: readonly PlannedItem[],
  request: PlanRequest,
  language: string,
  { seed, sha256, book }: FlawedCall,
): PlannedItem[] {
  const told: PlannedItem[] = [];
  for (const item of items) {
    const given = request.given.find(({ position }) => position === item.position);
    const earlier = told[hash(seed, 'earlier', sha256, item.position) % told.length];
    const isStruck = roll(seed, 'repeat', sha256, item.position) < repeatedShare;
    if (!isStruck || earlier === undefined || given?.hook !== undefined) {
      told.push(item);
      continue;
    }
    const { angle, keyMessage } = earlier;
    const hook = earlier.hook.replace(/[.。]$/u, '!');
    told.push({ ...item, angle, keyMessage: given?.keyMessage ?? keyMessage, hook });
    book.note({ kind: 'repetitive', text: hook, excerpt: hook, language, variation: item.position, sha256 });
  }
  return told;
}
