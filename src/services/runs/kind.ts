import type { LoggedEvent } from '../../domain/batches/events.ts';
import type { RunFailure, Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';

/** A run that has ended, and its result. */
export type Ended<Result> = { work: Work; result: Result | RunFailure };

/**
 * What one kind of run writes, each in the transaction that changes the run itself. The run's row is locked by then, and its
 * lease holds.
 */
export type RunKind<W extends Work, Result> = {
  name: string;
  /** Marks the subjects of claimed runs and loads what is needed of them. @returns the works; the others end, their subject needs nothing any more. */
  begin(tx: Transaction, works: readonly Work[]): Promise<W[]>;
  /** Marks the subjects of runs that wait again. */
  putBack(tx: Transaction, subjectIds: readonly string[]): Promise<void>;
  /** Writes the results of runs, in order, and their events. @returns the new log entries. */
  settle(tx: Transaction, ended: readonly Ended<Result>[]): Promise<LoggedEvent[]>;
  /** Tells caches that these runs have changed their subjects, after the commit. */
  changed(works: readonly Pick<Work, 'ownerId' | 'campaignId' | 'batchId' | 'subjectId'>[]): void;
};
