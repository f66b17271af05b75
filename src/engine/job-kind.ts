import type { Work } from '../domain/runs/work.ts';
import type { Demand } from '../provider/admission/admission.ts';
import type { Provider } from '../provider/provider.ts';
import type { RunKind } from '../services/runs/kind.ts';
import type { Waiting } from '../services/runs/park.ts';
import type { Steps } from './steps.ts';

/** What comes of an attempt: the result of the run, or what it waits for before it goes on. */
export type Outcome<Result> = { result: Result } | { waitFor: Waiting };

/**
 * A kind of work, in one file. Claim, lease, queue, ledger, budgets, limits, failures and recovery are the engine's. A run may be
 * made several times, by several workers: what its steps have bought is not bought again.
 */
export type JobKind<
  W extends Work = Work,
  Result extends object = object,
  Payload extends object = object,
> = {
  /** What its runs write. */
  runs: RunKind<W, Result, Payload>;
  /** The chains that its steps call. Its runs wait while one of them has no model that serves. */
  needs: readonly (keyof Provider)[];
  /** @returns what the first steps of a run take now of the provider's limits. Later ones wait for theirs by themselves. */
  demand(): Demand;
  /**
   * Makes one run.
   *
   * @param work has its payload, which `runs.payload` has parsed.
   * @throws whatever a step throws. The engine decides whether the run is tried again, waits or ends FAILED.
   */
  run(work: W & { payload: Payload }, steps: Steps, signal: AbortSignal): Promise<Outcome<Result>>;
};
