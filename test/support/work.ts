import { randomUUID } from 'node:crypto';
import type { Work } from '../../src/domain/runs/work.ts';

/** Work on a subject of its own, as a worker has it that has claimed a run. */
export function workOf(owner: Pick<Work, 'ownerId' | 'campaignId' | 'batchId'>): Work {
  return {
    ...owner,
    runId: randomUUID(),
    kind: 'write-post',
    payload: {},
    jobId: randomUUID(),
    subjectId: randomUUID(),
    leaseId: randomUUID(),
    attempt: 1,
    isLastAttempt: false,
  };
}
