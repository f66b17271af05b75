import { toGlobalId } from './ids.ts';

/**
 * One job as the engine, the ledger and admission see it: its owner, its batch if it has one, and the lease under which its
 * result may be written. Only the job's handler knows the subject.
 */
export type Work = {
  jobId: string;
  /** What the job works on, such as a post. */
  subjectId: string;
  ownerId: string;
  campaignId: string | null;
  batchId: string | null;
  /** The right to write the result. Lost when another worker takes the job or the batch is cancelled. */
  leaseId: string;
  /** Number of this run of the job, from 1. */
  attempt: number;
  /** Whether the job ends if this run fails. */
  isLastAttempt: boolean;
};

/** @returns what log lines say about a job, with ids as the API writes them. What it does not have is left out. */
export function fieldsOf(work: Pick<Work, 'ownerId' | 'batchId' | 'subjectId' | 'jobId' | 'attempt'>) {
  return {
    workspace: toGlobalId('Workspace', work.ownerId),
    ...(work.batchId === null ? {} : { batch: toGlobalId('Batch', work.batchId) }),
    post: toGlobalId('Post', work.subjectId),
    job: work.jobId,
    attempt: work.attempt,
  };
}

/** The run must stop: its result would not be written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('The lease is lost: the job was cancelled, or another worker has it.');
  }
}
