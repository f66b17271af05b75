import { cycle, hash } from '../../random.ts';
import type { CaptionOrder } from '../caption.ts';
import type { Facts } from '../facts.ts';
import { paragraph, part, put, type Part } from '../parts.ts';
import type { Told } from './tell.ts';

/** A longer one would be most of the caption. */
const longestFact = 150;

/** A caption that opens with the hook of an item and leaves the reader with its key message, built in one of four ways. */
export function captionOfItem(
  { hook, keyMessage }: Told,
  { bank, voice, fill, number, isNamed, emoji }: CaptionOrder,
  facts: Facts | undefined,
): Part[] {
  const step = number + (hash(hook) % 97);
  const opening = part(hook, 1);
  // The benefit is left out first, so that posts of one item for several channels differ even where there is little room.
  const [told, benefit] = splitMessage(keyMessage);
  const message = [part(told, 2), part(benefit, 5)];
  const farewells = bank.series?.farewells ?? [
    ...bank.closings[voice],
    ...without(bank.plan.benefits, keyMessage),
  ];
  const action = facts?.action;
  const closing =
    action === undefined || bank.series === undefined
      ? nth(farewells, step)
      : put(cycle(bank.series.invitations, step), 'action', action);
  const end = [part(closing, 3), part(emoji, 7)];
  const body = part(nth(without(bank.bodies, keyMessage), step), 4);
  const short = (facts?.sentences ?? []).filter(({ length }) => length <= longestFact);
  const fact = nth(without(short, told), step);
  const lead = part(fact === '' ? '' : put(cycle(bank.series?.leads ?? ['{fact}.'], step), 'fact', fact), 4);
  const audience = part(isNamed ? fill(cycle(bank.audience, step)) : '', 6);
  switch (step % 4) {
    case 0:
      return [opening, ...message, body, ...end];
    case 1:
      return [opening, ...paragraph([lead, ...message]), ...paragraph(end)];
    case 2:
      return [opening, body, ...paragraph([...message, audience]), ...end];
    default:
      return [opening, ...paragraph(message), ...paragraph([lead, body]), ...end];
  }
}

/** What a message says, and what readers have of it. */
function splitMessage(message: string): [string, string] {
  const [, told = message, benefit = ''] = /^(.+?[.!?。！？])\s*(\S.*)$/su.exec(message) ?? [];
  return [told, benefit];
}

/** Without the sentences that the message has, or that have all of it. */
function without(sentences: readonly string[], message: string): string[] {
  const told = message.replace(/[.。]$/u, '');
  return sentences.filter((sentence) => !message.includes(sentence) && !sentence.includes(told));
}

function nth(sentences: readonly string[], number: number): string {
  return sentences[number % sentences.length] ?? '';
}
