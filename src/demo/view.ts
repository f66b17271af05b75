import type { BatchEvent, PostStatus } from '../../client/index.ts';
import stringWidth from 'string-width';
import { variantLabel, type Variants } from './input/channels.ts';
import { isFinal, type BatchState, type PostState } from './state.ts';
import { oneLine, pad, seconds, truncate, type Paint } from './text.ts';

export type ViewSize = { columns: number; rows: number };

/** Lines around the posts: blank, title, blank, batch, counts, blank, and the cursor's line. */
const linesAround = 7;
const postBarColumns = 12;
const stageColumns = 13;
const elapsedColumns = 12;
/** Terminals disagree on the width of some characters; a wrapped line would break the layout. */
export const margin = 2;

/** What a batch is called, and what its posts are for. */
export type Heading = { title: string; variants: Variants };

/**
 * Draws a batch and its posts for a terminal. If not all posts fit, it shows those in work, then those that ended last.
 *
 * @param nowMs this machine's clock, in milliseconds.
 * @returns lines no wider than the terminal, and fewer than it has rows.
 */
export function drawBatch(
  state: BatchState,
  { title, variants }: Heading,
  { columns, rows }: ViewSize,
  nowMs: number,
  paint: Paint,
): string {
  const width = columns - margin;
  const serverNowMs = nowMs + state.clockAheadMs;
  const room = Math.min(state.postCount, Math.max(0, rows - linesAround));
  const posts = choosePosts(state, room);
  const labels = posts.map((post) => variantLabel(post, variants));
  const widths = {
    width,
    numberColumns: Math.max(2, String(state.postCount).length),
    labelColumns: Math.max(0, ...labels.map((label) => stringWidth(label))),
  };
  return [
    '',
    `  ${paint('bold', truncate(title, width - 2))}`,
    '',
    batchLine(state, width, serverNowMs, paint),
    `         ${paint('dim', truncate(countsOf(state), width - 9))}`,
    '',
    ...posts.map((post, index) => postLine(post, labels[index] ?? '', widths, serverNowMs, paint)),
    // The height must stay the same and no line be empty, or log-update 7.2 loses count of its lines.
    ...Array.from({ length: room - posts.length }, () => ' '),
  ].join('\n');
}

function choosePosts(state: BatchState, room: number): PostState[] {
  const posts = [...state.posts.values()].toSorted((a, b) => a.position - b.position);
  if (posts.length <= room) return posts;
  const active = posts.filter(({ status }) => status === 'GENERATING').slice(0, room);
  const ended = posts
    .filter(isFinal)
    .toSorted((a, b) => (b.finishedAtMs ?? 0) - (a.finishedAtMs ?? 0))
    .slice(0, room - active.length);
  return [...active, ...ended];
}

function batchLine(state: BatchState, width: number, nowMs: number, paint: Paint): string {
  const { postCount, completedCount, failedCount, startedAtMs, finishedAtMs } = state;
  const done = `${pad(String(completedCount + failedCount), String(postCount).length, 'left')} of ${postCount}`;
  const elapsed = pad(
    seconds((finishedAtMs ?? nowMs) - startedAtMs, finishedAtMs === undefined ? 0 : 1),
    elapsedColumns,
    'left',
  );
  const columns = Math.max(4, width - 9 - 2 - done.length - elapsed.length);
  const parts = [
    { share: completedCount / postCount, style: 'green' as const },
    { share: failedCount / postCount, style: 'red' as const },
  ];
  return `  ${paint('bold', 'Batch')}  ${bar(parts, columns, paint)}  ${done}${paint('dim', elapsed)}`;
}

/** `6 waiting · 3 in work · 1 done`. */
export function countsOf(state: BatchState): string {
  const { postCount, completedCount, failedCount } = state;
  const active = [...state.posts.values()].filter(({ status }) => status === 'GENERATING').length;
  const waiting = Math.max(0, postCount - completedCount - failedCount - active);
  const named = [`${completedCount} done`, `${active} in work`, `${waiting} waiting`];
  return [...named, ...(failedCount === 0 ? [] : [`${failedCount} failed`])].join(' · ');
}

function postLine(
  post: PostState,
  variant: string,
  { width, numberColumns, labelColumns }: { width: number; numberColumns: number; labelColumns: number },
  nowMs: number,
  paint: Paint,
): string {
  const { label, share, style } = stageOf(post);
  const number = pad(String(post.position), numberColumns, 'left');
  const bars = bar([{ share, style }], postBarColumns, paint);
  const stage = paint(style, pad(label, stageColumns));
  const elapsed = pad(elapsedOf(post, nowMs), elapsedColumns, 'left');
  const taken = 2 + numberColumns + 2 + postBarColumns + 2 + stageColumns + elapsedColumns + 2;
  const words = oneLine(post.reason ?? post.caption ?? '');
  const text = labelColumns === 0 ? words : `${pad(variant, labelColumns)}  ${words}`.trimEnd();
  const shown = truncate(text, Math.max(0, width - taken));
  return `  ${paint('dim', number)}  ${bars}  ${stage}${elapsed}  ${paint('dim', shown)}`.trimEnd();
}

type Stage = { label: string; share: number; style: 'green' | 'red' | 'cyan' | 'dim' };

const quietStages: Readonly<Record<Exclude<PostStatus, 'GENERATING'>, Stage>> = {
  PENDING: { label: 'waiting', share: 0, style: 'dim' },
  COMPLETED: { label: 'done', share: 1, style: 'green' },
  FAILED: { label: 'failed', share: 1, style: 'red' },
  CANCELLED: { label: 'cancelled', share: 1, style: 'dim' },
};

/** Shares are steps, not measures of time: images take longer than captions. */
function stageOf({ status, hasCaption, hasImage }: PostState): Stage {
  if (status !== 'GENERATING') return quietStages[status];
  const style = 'cyan';
  if (hasCaption && hasImage) return { label: 'both ready', share: 0.9, style };
  if (hasImage) return { label: 'image ready', share: 0.7, style };
  if (hasCaption) return { label: 'caption ready', share: 0.4, style };
  return { label: 'writing', share: 0.1, style };
}

function elapsedOf(post: PostState, nowMs: number): string {
  if (post.startedAtMs === undefined) return '';
  // Whole seconds while it runs, because tenths would flicker.
  return post.finishedAtMs === undefined
    ? seconds(nowMs - post.startedAtMs, 0)
    : seconds(post.finishedAtMs - post.startedAtMs);
}

/** A progress bar that fills from the left, with a colour for each part. */
export function bar(parts: readonly Pick<Stage, 'share' | 'style'>[], columns: number, paint: Paint): string {
  let filled = 0;
  let total = 0;
  const painted = parts.map(({ share, style }) => {
    total += share;
    const length = Math.round(total * columns) - filled;
    filled += length;
    return length === 0 ? '' : paint(style, '━'.repeat(length));
  });
  return painted.join('') + (filled === columns ? '' : paint('dim', '─'.repeat(columns - filled)));
}

/** One line about an event, for a file; undefined for events without a line. */
export function tellEvent(event: BatchEvent, state: BatchState, variants: Variants): string | undefined {
  if (event.__typename !== 'PostCompletedEvent' && event.__typename !== 'PostFailedEvent') return undefined;
  const post = state.posts.get(event.post.id);
  if (post === undefined) return undefined;
  const digits = String(state.postCount).length;
  const { label } = stageOf(post);
  const words = [variantLabel(post, variants), truncate(oneLine(post.reason ?? post.caption ?? ''), 60)];
  return (
    `  post ${pad(String(post.position), digits, 'left')} ${pad(label, 6)} ${pad(elapsedOf(post, 0), 8, 'left')}` +
    `   (${countsOf(state)})  ${words.filter((word) => word !== '').join('  ')}`
  );
}
