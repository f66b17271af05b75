import Table from 'cli-table3';
import type { BatchSummaryFragment, PostCardFragment } from '../../client/index.ts';
import { count, oneLine, seconds, truncate, type Paint } from './text.ts';

/** The table shows at most this many posts. */
const maxRows = 100;
const noBorder = {
  mid: '',
  'left-mid': '',
  'mid-mid': '',
  'right-mid': '',
  left: '',
  right: '',
  middle: '  ',
};
const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
};

/**
 * The posts as a table: position, status, seconds, start of the caption.
 *
 * @param columns width of the terminal; undefined for a file.
 */
export function postTable(
  posts: readonly PostCardFragment[],
  columns: number | undefined,
  paint: Paint,
): string {
  const numberColumns = Math.max(3, String(posts.length).length);
  // Indent, position, status, seconds, and the gaps between them.
  const takenColumns = 2 + numberColumns + 2 + 9 + 2 + 7 + 2;
  const captionColumns = columns === undefined ? 100 : columns - takenColumns - 1;
  const table = new Table({
    chars: { ...noFrame, ...noBorder },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: ['right', 'left', 'right', 'left'],
    head: ['#', 'Status', 'Seconds', 'Caption'].map((title) => paint('bold', title)),
  });
  for (const post of posts.slice(0, maxRows)) {
    const { position, status, caption, errorMessage } = post;
    table.push([
      paint('dim', String(position)),
      paint(status === 'COMPLETED' ? 'green' : 'red', status),
      secondsOf(post),
      truncate(oneLine(caption ?? errorMessage ?? ''), Math.max(8, captionColumns)),
    ]);
  }
  const lines = table.toString().split('\n');
  const left = posts.length - maxRows;
  return [...lines, ...(left > 0 ? [`… and ${count(left, 'more post')}`] : [])]
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function secondsOf({ startedAt, finishedAt }: PostCardFragment): string {
  if (startedAt === null || finishedAt === null) return '';
  return ((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(1);
}

/** The result of a batch, in one sentence. */
export function summary(batch: BatchSummaryFragment): string {
  const { completedCount, postCount } = batch.progress;
  const rate = ((completedCount / postCount) * 100).toFixed(completedCount === postCount ? 0 : 1);
  const minutes = batch.elapsedSeconds / 60;
  const speed = minutes === 0 ? 0 : completedCount / minutes;
  return (
    `${completedCount} of ${count(postCount, 'post')} completed (${rate} %) in ${seconds(batch.elapsedSeconds * 1000)}: ` +
    `${speed.toFixed(1)} posts a minute for ${dollars(batch.cost)}.`
  );
}

function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}
