/** What the pool sees of a lane. */
export type Member = {
  isShort: boolean;
  /** Whether it has jobs, as far as is known, and may start them. */
  isServing(): boolean;
  /** Its slots: those of all its jobs, and those reserved for permits that are asked for or about to be used. */
  held(): number;
  /** How many of its jobs only write their results. */
  writing(): number;
  /** Its place among the lanes: the lowest is furthest behind. */
  turn(): number;
};

/** The slots that the lanes of a process share. */
export type Pool<M extends Member> = {
  join(lane: M): void;
  /** @returns how many more slots this lane may take now. */
  free(lane: M): number;
  /** @returns these lanes, the one that goes first at the front. */
  inOrder(lanes: readonly M[]): M[];
  /** @returns the turn of the lane that is furthest behind among the others that serve; undefined if none does. */
  turnBeside(lane: M): number | undefined;
};

/** How many slots short lanes have beside the others, as a share of those; at least one. */
const shareOfShort = 0.1;

/**
 * Slots that lanes share, and some more that only short lanes may take. Short lanes go first until they hold as many. Otherwise
 * the lane that is furthest behind goes first.
 *
 * @param slots how many all lanes share. Jobs that write their results free theirs, but at most as many as there are.
 */
export function createPool<M extends Member>(slots: number): Pool<M> {
  const lanes: M[] = [];
  const extra = Math.max(1, Math.floor(slots * shareOfShort));

  function used(among: readonly M[], atMost: number): number {
    const writing = sum(among.map((lane) => lane.writing()));
    return sum(among.map((lane) => lane.held())) - Math.min(writing, atMost);
  }

  return {
    join: (lane) => void lanes.push(lane),
    free(lane) {
      const free = slots + extra - used(lanes, slots + extra);
      if (lane.isShort) return free;
      const others = lanes.filter(({ isShort }) => !isShort);
      return Math.min(free, slots - used(others, slots));
    },
    inOrder(wanting) {
      const short = lanes.filter(({ isShort }) => isShort);
      const isShortFirst = used(short, slots) < extra;
      const rank = ({ isShort }: M) => (isShort && isShortFirst ? 0 : 1);
      return wanting.toSorted((a, b) => rank(a) - rank(b) || a.turn() - b.turn());
    },
    turnBeside(lane) {
      const turns = lanes.filter((other) => other !== lane && other.isServing()).map((other) => other.turn());
      return turns.length === 0 ? undefined : Math.min(...turns);
    },
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
