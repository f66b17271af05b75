import { ownRunErrors } from '../errors/guide.ts';
import type { RunFailure } from './work.ts';

/** The end of a run with too many crashes. */
export const abandoned = {
  status: 'FAILED',
  errorCode: 'ABANDONED',
  errorMessage: ownRunErrors.ABANDONED,
} as const satisfies RunFailure;

/** The end of a run whose attempts failed too often on our side, such as one whose image cannot be stored. */
export const failedOften = {
  status: 'FAILED',
  errorCode: 'WORKER_FAILED',
  errorMessage: ownRunErrors.WORKER_FAILED,
} as const satisfies RunFailure;
