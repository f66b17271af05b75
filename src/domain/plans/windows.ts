import { familiesOf } from './families.ts';

/** Positions of a plan that one call asks for. */
export type PlanWindow = {
  /** Its first and its last position: they name its step, and so stay the same when a part of it is planned already. */
  from: number;
  to: number;
  /** The positions that are still to be planned. */
  positions: readonly number[];
  /** The sides from which its items look at the campaign. */
  families: readonly string[];
};

/**
 * Items of one call. An answer of this size takes about as long as an image does, and what it says of the campaign costs
 * a fifth of what its items do.
 */
export const itemsOfWindow = 20;

/**
 * Splits what is to be planned into windows, each with a fifth of the angle families: those next to each other share none.
 *
 * @param unplanned positions without a plan, ascending.
 * @returns windows with something to plan, in order.
 */
export function windowsOf(unplanned: readonly number[]): PlanWindow[] {
  const byWindow = Map.groupBy(unplanned, (position) => Math.floor((position - 1) / itemsOfWindow));
  return [...byWindow].map(([window, positions]) => ({
    from: window * itemsOfWindow + 1,
    to: (window + 1) * itemsOfWindow,
    positions,
    families: familiesOf(window),
  }));
}
