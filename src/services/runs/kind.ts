import type { z } from 'zod';
import type { LoggedEvent } from '../../events/entries.ts';
import type { RunFailure, Work } from '../../domain/runs/work.ts';
import type { Transaction } from '../../store/database.ts';
import type { NewRun } from './queue.ts';

/** A run that has ended, and its result. */
export type Ended<Result> = { work: Work; result: Result | RunFailure };

/**
 * What one kind of run writes, each in the transaction that changes the run itself. The run's row is locked by then, and its
 * lease holds.
 */
export type RunKind<
  W extends Work = Work,
  Result extends object = object,
  Payload extends object = object,
> = {
  name: string;
  /** What its runs carry beside their subject. Parsed when a run is added, and again when it is made. */
  payload: z.ZodType<Payload>;
  /**
   * Marks the subjects of claimed runs, and loads what is needed of them. Their payloads are not parsed yet. If it throws for one
   * run, none of those that were fetched with it begins.
   *
   * @returns the works. The others end: their subjects need nothing any more.
   */
  begin(tx: Transaction, works: readonly Work[]): Promise<W[]>;
  /** Marks the subjects of runs that wait again. */
  putBack(tx: Transaction, subjectIds: readonly string[]): Promise<void>;
  /** Writes the results of runs, in order, and their events. @returns the new log entries. */
  settle(tx: Transaction, ended: readonly Ended<Result>[]): Promise<LoggedEvent[]>;
  /** Tells caches that these runs have changed their subjects, after the commit. */
  changed(works: readonly Pick<Work, 'ownerId' | 'campaignId' | 'batchId' | 'subjectId'>[]): void;
};

/** @returns a run of this kind, to be added. @throws ZodError for a payload that is not one of the kind. */
export function runOf<P extends object>(
  kind: { name: string; payload: z.ZodType<P> },
  run: Omit<NewRun, 'kind' | 'payload'> & { payload: P },
): NewRun {
  return { ...run, kind: kind.name, payload: kind.payload.parse(run.payload) };
}
