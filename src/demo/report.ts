import Table from 'cli-table3';
import type { BatchSummaryFragment, PlanItemCardFragment, PostCardFragment } from '../../client/index.ts';
import { variantCount, variantLabel, type Variants } from './input/channels.ts';
import type { Product } from './order/job.ts';
import { count, oneLine, seconds, truncate, type Paint, type Style } from './text.ts';

/** The table shows at most this many posts. */
const maxRows = 100;
/** The sentence about findings names at most this many posts. */
const maxFindings = 10;
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

type Column = {
  title: string;
  width: number;
  isNumber?: boolean;
  text: (post: PostCardFragment) => string;
  style?: (post: PostCardFragment) => Style;
};

/**
 * The posts as a table: position, status, seconds, channel and language where there are several, angle where there is a plan, and
 * the start of the caption.
 *
 * @param columns width of the terminal; undefined for a file.
 */
export function postTable(
  product: Pick<Product, 'posts' | 'items'>,
  variants: Variants,
  columns: number | undefined,
  paint: Paint,
): string {
  const { posts } = product;
  const shown = columnsOf(product, variants, columns);
  const table = new Table({
    chars: { ...noFrame, ...noBorder },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: shown.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    head: shown.map(({ title }) => paint('bold', title)),
  });
  for (const post of posts.slice(0, maxRows)) {
    table.push(
      shown.map(({ width, text, style }) => {
        const cell = truncate(oneLine(text(post)), width);
        return style === undefined ? cell : paint(style(post), cell);
      }),
    );
  }
  const lines = table.toString().split('\n');
  const left = posts.length - maxRows;
  return [...lines, ...(left > 0 ? [`… and ${count(left, 'more post')}`] : [])]
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function columnsOf(
  { posts, items }: Pick<Product, 'posts' | 'items'>,
  variants: Variants,
  columns: number | undefined,
): Column[] {
  const fixed: Column[] = [
    {
      title: '#',
      width: Math.max(3, String(posts.length).length),
      isNumber: true,
      text: ({ position }) => String(position),
      style: () => 'dim',
    },
    {
      title: 'Status',
      width: 9,
      text: ({ status }) => status,
      style: ({ status }) => (status === 'COMPLETED' ? 'green' : 'red'),
    },
    { title: 'Seconds', width: 7, isNumber: true, text: secondsOf },
  ];
  const labels = posts.map((post) => variantLabel(post, variants));
  if (variantCount(variants) > 1)
    fixed.push({
      title: 'For',
      width: Math.max(3, ...labels.map((label) => label.length)),
      text: (post) => variantLabel(post, variants),
    });
  // The indent, a gap after each column, and a column that stays free.
  const taken = 2 + fixed.reduce((sum, { width }) => sum + width + 2, 0) + 1;
  const room = columns === undefined ? 142 : columns - taken;
  const angles = items.length === 0 ? 0 : Math.max(8, Math.min(40, Math.floor(room * 0.45)));
  const angleOf = anglesOf(items, variants);
  if (angles > 0) fixed.push({ title: 'Angle', width: angles, text: (post) => angleOf(post) ?? '' });
  const rest = room - (angles === 0 ? 0 : angles + 2);
  const caption = {
    title: 'Caption',
    width: Math.min(100, Math.max(8, rest)),
    text: ({ caption: words, errorMessage }: PostCardFragment) => words ?? errorMessage ?? '',
  };
  return [...fixed, caption];
}

/** @returns the angle of a post; undefined if it is written from the brief alone. */
export function anglesOf(
  items: readonly PlanItemCardFragment[],
  variants: Variants,
): (post: { position: number }) => string | undefined {
  const angles = new Map(items.map(({ position, angle }) => [position, angle]));
  // Item i has the positions (i - 1) * v + 1 to i * v.
  return ({ position }) => angles.get(Math.ceil(position / variantCount(variants))) ?? undefined;
}

function secondsOf({ startedAt, finishedAt }: PostCardFragment): string {
  if (startedAt === null || finishedAt === null) return '';
  return ((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(1);
}

/** Which posts have findings of the checks, and which they are, in one sentence; undefined if there are none. */
export function findingsSummary(posts: readonly PostCardFragment[]): string | undefined {
  const found = posts.filter(({ findings }) => findings.length > 0);
  if (found.length === 0) return undefined;
  const named = found
    .slice(0, maxFindings)
    .map(({ position, findings }) => `${position} (${findings.map(findingLabel).join(', ')})`);
  const left = found.length - maxFindings;
  const have = found.length === 1 ? 'has' : 'have';
  return `${count(found.length, 'post')} ${have} findings: ${named.join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}

/** A finding, as people name it: `near duplicate`. */
export function findingLabel({ code }: { code: string }): string {
  return code.toLowerCase().replaceAll('_', ' ');
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

/** US dollars: `$0.0712`, from one dollar on `$1.20`. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}
