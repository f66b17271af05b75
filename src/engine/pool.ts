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
  /** Hears that a lane has fetched jobs. */
  fetched(lane: M): void;
  /** @returns the turn of the lane that is furthest behind among the others that serve; undefined if none does. */
  turnBeside(lane: M): number | undefined;
};

/** The share of the slots that only short lanes may take; at least one slot. */
const shareOfShort = 0.1;

/**
 * Slots of which a share is kept for short lanes. They go first until they hold it. Otherwise the lane that is furthest behind
 * goes first. A single slot cannot be shared: there, short lanes and others go by turns.
 *
 * @param slots how many there are. Jobs that write their results free theirs, but at most as many as there are.
 */
export function createPool<M extends Member>(slots: number): Pool<M> {
  const lanes: M[] = [];
  let newestIsShort = false;

  const kept = () =>
    slots > 1 && lanes.some(({ isShort }) => isShort) ? Math.max(1, Math.floor(slots * shareOfShort)) : 0;

  function used(among: readonly M[], atMost: number): number {
    const writing = sum(among.map((lane) => lane.writing()));
    return sum(among.map((lane) => lane.held())) - Math.min(writing, atMost);
  }

  return {
    join: (lane) => void lanes.push(lane),
    free(lane) {
      const free = slots - used(lanes, slots);
      if (lane.isShort) return free;
      const open = slots - kept();
      const others = lanes.filter(({ isShort }) => !isShort);
      return Math.min(free, open - used(others, open));
    },
    inOrder(wanting) {
      const isBelowShare =
        used(
          lanes.filter(({ isShort }) => isShort),
          slots,
        ) < kept();
      const rank = ({ isShort }: M) => {
        const goesFirst = slots === 1 ? isShort !== newestIsShort : isShort && isBelowShare;
        return goesFirst ? 0 : 1;
      };
      return wanting.toSorted((a, b) => rank(a) - rank(b) || a.turn() - b.turn());
    },
    fetched(lane) {
      newestIsShort = lane.isShort;
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
