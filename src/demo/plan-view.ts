import type { BatchState, ItemState } from './state.ts';
import { oneLine, pad, seconds, truncate, type Paint } from './text.ts';
import { bar, countsOf, margin, type ViewSize } from './view.ts';

/** Lines around the items: blank, plan, counts, blank, and the cursor's line. */
const linesAround = 5;
const elapsedColumns = 12;
/** Of what an item has to say. The hook has the rest. */
const angleShare = 0.45;

/**
 * Draws a plan for a terminal, an item a line, each in its place. If not all items fit, it shows those that came last.
 *
 * @param nowMs this machine's clock, in milliseconds.
 * @returns lines no wider than the terminal, and fewer than it has rows.
 */
export function drawPlan(
  state: BatchState,
  { columns, rows }: ViewSize,
  nowMs: number,
  paint: Paint,
): string {
  const width = columns - margin;
  const { itemCount } = state;
  const room = Math.min(itemCount, Math.max(0, rows - linesAround));
  const numberColumns = Math.max(2, String(itemCount).length);
  const lines = chooseItems(state, room).map(({ position, item }) => {
    const number = paint('dim', pad(String(position), numberColumns, 'left'));
    return `  ${number}  ${item === undefined ? paint('dim', '…') : itemText(item, width - numberColumns - 4, paint)}`;
  });
  return [
    '',
    planLine(state, width, nowMs + state.clockAheadMs, paint),
    `         ${paint('dim', truncate(`posts: ${countsOf(state)}`, width - 9))}`,
    '',
    ...lines,
    // The height must stay the same and no line be empty, or log-update 7.2 loses count of its lines.
    ...Array.from({ length: room - lines.length }, () => ' '),
  ].join('\n');
}

function chooseItems(
  { plan, itemCount }: BatchState,
  room: number,
): { position: number; item: ItemState | undefined }[] {
  const items = [...plan.values()];
  if (itemCount > room)
    return items
      .slice(items.length - Math.min(room, items.length))
      .toSorted((a, b) => a.position - b.position)
      .map((item) => ({ position: item.position, item }));
  const byPosition = new Map(items.map((item) => [item.position, item]));
  return Array.from({ length: room }, (_, index) => ({
    position: index + 1,
    item: byPosition.get(index + 1),
  }));
}

function planLine(state: BatchState, width: number, nowMs: number, paint: Paint): string {
  const { plan, itemCount, startedAtMs } = state;
  const done = `${pad(String(plan.size), String(itemCount).length, 'left')} of ${itemCount}`;
  const elapsed = pad(seconds(nowMs - startedAtMs, 0), elapsedColumns, 'left');
  const columns = Math.max(4, width - 9 - 2 - done.length - elapsed.length);
  const part = { share: plan.size / itemCount, style: 'cyan' as const };
  return `  ${paint('bold', 'Plan')}   ${bar([part], columns, paint)}  ${done}${paint('dim', elapsed)}`;
}

function itemText({ angle, hook }: ItemState, columns: number, paint: Paint): string {
  const angleColumns = Math.floor(columns * angleShare);
  const shown = pad(truncate(oneLine(angle), angleColumns), angleColumns);
  return `${shown}  ${paint('dim', truncate(oneLine(hook), Math.max(0, columns - angleColumns - 2)))}`;
}

/** One line about an item that is planned, for a file. */
export function tellItem({ position, angle, hook }: ItemState, { itemCount }: BatchState): string {
  const number = pad(String(position), String(itemCount).length, 'left');
  return `  item ${number} ${truncate(oneLine(angle), 40)} — ${truncate(oneLine(hook), 60)}`;
}
