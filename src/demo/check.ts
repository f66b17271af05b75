import type { PostCardFragment } from '../../client/index.ts';
import type { Folder } from './folder.ts';

/** Images that are fetched at the same time. */
const fetches = 8;
const patienceMs = 30_000;
/** The first eight bytes of every PNG file (PNG specification, 5.2). */
const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** A fault of one or more posts. */
export type Fault = { sentence: string; positions: number[] };

/**
 * Checks the posts as a reader would: every post is completed, has a caption, and its image opens. Keeps the images.
 *
 * @param postCount how many posts there must be.
 * @returns one sentence for each fault, with the positions of its posts; empty if there is none.
 */
export async function findFaults(
  posts: readonly PostCardFragment[],
  postCount: number,
  folder: Folder,
  signal: AbortSignal,
): Promise<Fault[]> {
  const positions = new Map<string, number[]>();
  const queue = posts.values();
  const inspectOneByOne = async () => {
    for (const post of queue) {
      const fault = await faultOf(post, folder, signal);
      if (fault !== undefined) positions.set(fault, [...(positions.get(fault) ?? []), post.position]);
    }
  };
  await Promise.all(Array.from({ length: fetches }, inspectOneByOne));
  const missing = postCount - posts.length;
  const faults =
    missing === 0 ? [] : [{ sentence: `${missing} of ${postCount} are not there.`, positions: [] }];
  return [...faults, ...Array.from(positions, ([sentence, positions]) => ({ sentence, positions }))];
}

async function faultOf(
  post: PostCardFragment,
  folder: Folder,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (post.status !== 'COMPLETED') {
    const why = post.errorMessage ?? post.errorCode;
    return why === null ? `${post.status}.` : `${post.status}: ${why}`;
  }
  if (post.caption === null || post.caption.trim() === '') return 'The caption is empty.';
  if (post.imageUrl === null) return 'There is no image.';
  const limits = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const image = await readImage(post.imageUrl, limits).catch(() => {
    signal.throwIfAborted();
    return 'cannot be fetched';
  });
  if (typeof image === 'string') return `The image ${image} (${post.imageUrl}).`;
  await folder.keepImage(post.position, image);
  return undefined;
}

/** @returns the bytes of a PNG file, or what is wrong with it. */
async function readImage(address: string, signal: AbortSignal): Promise<Uint8Array | string> {
  const response = await fetch(address, { signal });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) return `answers HTTP ${response.status}`;
  return pngSignature.every((byte, index) => bytes[index] === byte) ? bytes : 'is no PNG';
}
