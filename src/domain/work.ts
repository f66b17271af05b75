/**
 * One job as the engine, the ledger and admission know it: whose it is, what it may cost, and the
 * lease under which its result may be written. Only its handler knows what its subject is.
 */
export type Work = {
  jobId: string;
  /** The post (later: article, source) that is worked on. */
  subjectId: string;
  ownerId: string;
  campaignId: string;
  batchId: string;
  /** The right to write the result. Lost when another worker takes the job, or the batch is called off. */
  leaseId: string;
  /** Which run of this job this is, from 1. */
  attempt: number;
  /** Whether a failure of this run is the last one. */
  isLastAttempt: boolean;
};

/** Why a run was stopped from outside. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('The lease is lost: the job was called off, or another worker has it.');
  }
}
