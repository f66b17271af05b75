/** One world that a batch is made in. Latencies are 5–15 s a picture, 2–6 s a caption; minutes are simulated. */
export type Cell = {
  posts: number;
  imagesPerMinute: number;
  slots: number;
  fixedLatency: boolean;
};

const imageSeconds = 10;

/** Pictures that the simulator can draw a second on one core without being late. */
const picturesPerSecond = 20;

/**
 * How much faster than life a cell runs: so that its bound is about `wallSeconds`, and never so fast that the
 * simulator is the bottleneck or Pressrun's own milliseconds stand beside a call of a few hundred.
 */
export function timeScaleOf(cell: Cell, wallSeconds: number): number {
  const seconds = expectedSeconds(cell);
  const rate = cell.posts / seconds;
  const isSlotBound = (cell.posts * imageSeconds) / cell.slots >= seconds;
  const least = Math.max(rate / picturesPerSecond, isSlotBound ? 0.1 : 0.02);
  return Math.min(1, Math.max(least, wallSeconds / seconds));
}

/** Simulated seconds that the batch takes at best, roughly. */
export function expectedSeconds({ posts, imagesPerMinute, slots }: Cell): number {
  const interval = 60 / imagesPerMinute;
  return Math.max((posts - 1) * interval + imageSeconds, (posts * imageSeconds) / slots);
}

/** Each size, limit and number of slots against several of the others. */
export const shortGrid: Cell[] = [
  { posts: 10, imagesPerMinute: 20, slots: 5, fixedLatency: true },
  { posts: 10, imagesPerMinute: 50, slots: 50, fixedLatency: false },
  { posts: 10, imagesPerMinute: 250, slots: 200, fixedLatency: true },
  { posts: 50, imagesPerMinute: 20, slots: 50, fixedLatency: false },
  { posts: 50, imagesPerMinute: 50, slots: 200, fixedLatency: true },
  { posts: 50, imagesPerMinute: 250, slots: 5, fixedLatency: false },
  { posts: 100, imagesPerMinute: 20, slots: 200, fixedLatency: true },
  { posts: 100, imagesPerMinute: 50, slots: 50, fixedLatency: true },
  { posts: 100, imagesPerMinute: 250, slots: 50, fixedLatency: false },
];

export const fullGrid: Cell[] = [10, 50, 100, 1000].flatMap((posts) =>
  [20, 50, 250].flatMap((imagesPerMinute) =>
    [5, 50, 200].flatMap((slots) =>
      [true, false].map((fixedLatency) => ({ posts, imagesPerMinute, slots, fixedLatency })),
    ),
  ),
);
