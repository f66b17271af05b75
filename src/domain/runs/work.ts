import { toGlobalId } from '../ids.ts';

/** A run that this worker has claimed: what it works on, whose it is, and the lease under which its result may be written. */
export type Work = {
  runId: string;
  kind: string;
  jobId: string;
  /** What it works on: a post, a section of an article. It has one open run at a time. */
  subjectId: string;
  ownerId: string;
  campaignId: string | null;
  batchId: string | null;
  /** What else the kind needs to know. The kind parses it. */
  payload: unknown;
  /** The right to write the result. Lost when another worker takes the run, or it is cancelled. */
  leaseId: string;
  /** Number of this attempt, from 1. */
  attempt: number;
  /** Whether the run ends if this attempt fails. */
  isLastAttempt: boolean;
};

/** The end of a run that was not made. The message is for people. */
export type RunFailure<Code extends string = string> = {
  status: 'FAILED';
  errorCode: Code;
  errorMessage: string;
};

/** @returns what log lines say about a run, with ids as the API writes them. */
export function fieldsOf(
  work: Pick<Work, 'kind' | 'ownerId' | 'batchId' | 'subjectId' | 'jobId' | 'attempt'>,
) {
  const { kind, ownerId, batchId, subjectId, jobId, attempt } = work;
  return {
    workspace: toGlobalId('Workspace', ownerId),
    ...(batchId === null ? {} : { batch: toGlobalId('Batch', batchId) }),
    ...(kind === 'write-post' ? { post: toGlobalId('Post', subjectId) } : { subject: subjectId }),
    kind,
    job: jobId,
    attempt,
  };
}

/** @returns the word for what a run makes in the messages of the log. */
export function wordFor({ kind }: Pick<Work, 'kind'>): 'post' | 'run' {
  return kind === 'write-post' ? 'post' : 'run';
}

/** The run must stop: its result would not be written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('The lease is lost: the run was cancelled, or another worker has it.');
  }
}
