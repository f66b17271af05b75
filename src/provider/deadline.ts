/** How many answers are remembered: a few minutes of a busy worker. */
const remembered = 100;
/** Below so many nothing is known yet. */
const fewestAnswers = 5;
const quantile = 0.95;
/**
 * Latencies of models are about log-normal. With a 95th percentile three times the median, which is a heavy tail
 * (the simulator's is below two), one call in 10,000 takes longer than four times that percentile.
 */
const margin = 4;
/** A call is slow after so many times that percentile. */
const slowMargin = 2;
/** What the slowest calls take of a ceiling. */
const slowestShare = 1 / 3;

/** How long calls of one kind are waited for, learned from how long they take. */
export type Deadline = {
  /** How long the next call may take, in milliseconds. */
  ms(): number;
  /** After how many milliseconds a call is slow: twice what nearly all calls of its kind take. */
  slowMs(): number;
  /** A call was answered after so many milliseconds. */
  answered(latencyMs: number): void;
  /** A call was given up after so many milliseconds. The next ones are waited for twice as long, until one is answered. */
  missed(waitedMs: number): void;
};

/**
 * @param bounds.floorMs a call is waited for at least so long.
 * @param bounds.ceilingMs and at most so long, which is also the deadline until five calls were answered.
 */
export function createDeadline({ floorMs, ceilingMs }: { floorMs: number; ceilingMs: number }): Deadline {
  const latencies: number[] = [];
  /** What a call that was given up has shown to be too short. Calls that were sent together show it once. */
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

/** The slowest captions and images seen at OpenAI took about a third of these ceilings (see `slowestShare`). */
export function createDeadlines(): { caption: Deadline; image: Deadline } {
  return {
    caption: createDeadline({ floorMs: 10_000, ceilingMs: 60_000 }),
    image: createDeadline({ floorMs: 20_000, ceilingMs: 180_000 }),
  };
}
