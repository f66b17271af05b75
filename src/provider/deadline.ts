/** Number of latencies that are remembered: a few minutes of a busy worker. */
const remembered = 100;
/** With fewer latencies than this, nothing is learned yet. */
const fewestAnswers = 5;
const quantile = 0.95;
/**
 * Model latencies are about log-normal. Even with a heavy tail (95th percentile three times the median; the simulator's
 * is below two), only one call in 10,000 takes longer than four times the 95th percentile.
 */
const margin = 4;
/** A call is slow after this many times the 95th percentile. */
const slowMargin = 2;
/** The slowest calls take this share of the ceiling. */
const slowestShare = 1 / 3;

/** How long to wait for calls of one kind, learned from their latencies. */
export type Deadline = {
  /** How long the next call may take, in milliseconds. */
  ms(): number;
  /** A call is slow after this many milliseconds: twice what nearly all calls of its kind take. */
  slowMs(): number;
  /** Records that a call was answered after `latencyMs`. */
  answered(latencyMs: number): void;
  /** Records that a call was given up after `waitedMs`. The next calls get twice as long, until one is answered. */
  missed(waitedMs: number): void;
};

/**
 * Creates a deadline for one kind of call.
 *
 * @param bounds.floorMs the shortest deadline.
 * @param bounds.ceilingMs the longest deadline, also used until five calls were answered.
 */
export function createDeadline({ floorMs, ceilingMs }: { floorMs: number; ceilingMs: number }): Deadline {
  const latencies: number[] = [];
  /** Twice the longest wait that was too short. Calls that were sent together count once. */
  let longerMs = 0;

  function learnedMs(): number | undefined {
    if (latencies.length < fewestAnswers) return undefined;
    const sorted = latencies.toSorted((a, b) => a - b);
    const high = sorted[Math.ceil(sorted.length * quantile) - 1] ?? ceilingMs;
    return Math.max(floorMs, high * margin);
  }

  return {
    ms: () => Math.min(ceilingMs, Math.max(learnedMs() ?? ceilingMs, longerMs)),
    slowMs() {
      const learned = learnedMs();
      return learned === undefined ? ceilingMs * slowestShare : (learned * slowMargin) / margin;
    },
    answered(latencyMs) {
      longerMs = 0;
      latencies.push(latencyMs);
      if (latencies.length > remembered) latencies.shift();
    },
    missed(waitedMs) {
      longerMs = Math.max(longerMs, 2 * waitedMs);
    },
  };
}

/** A deadline for each kind of call. */
export type Deadlines = Record<'object' | 'text' | 'image' | 'embedding', Deadline>;

/**
 * Creates the deadlines of a provider's calls. The slowest captions and images at OpenAI took about a third of these
 * ceilings (see `slowestShare`). A text is the whole of an article.
 */
export function createDeadlines(): Deadlines {
  return {
    object: createDeadline({ floorMs: 10_000, ceilingMs: 60_000 }),
    text: createDeadline({ floorMs: 30_000, ceilingMs: 300_000 }),
    image: createDeadline({ floorMs: 20_000, ceilingMs: 180_000 }),
    embedding: createDeadline({ floorMs: 5_000, ceilingMs: 30_000 }),
  };
}
