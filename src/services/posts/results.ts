import { ownPostErrors, type PostErrorCode } from '../../domain/errors/guide.ts';
import type { Caption } from '../../domain/posts/content.ts';
import type { WorkOnPost } from './claim.ts';

/** What a model made, and the SHA-256 of its prompt. */
export type Made<T> = { value: T; model: string; promptHash: string };

export type PostResult =
  | { status: 'COMPLETED'; caption?: Made<Caption> | undefined; image?: Made<string> | undefined }
  | { status: 'FAILED'; errorCode: PostErrorCode; errorMessage: string };

type PostFailure = Extract<PostResult, { status: 'FAILED' }>;

/** The result of a post with too many crashes. */
export const abandoned: PostFailure = {
  status: 'FAILED',
  errorCode: 'ABANDONED',
  errorMessage: ownPostErrors.ABANDONED,
};

/** The result of a post whose runs failed too often on our side, such as one whose image cannot be stored. */
export const failedOften: PostFailure = {
  status: 'FAILED',
  errorCode: 'WORKER_FAILED',
  errorMessage: ownPostErrors.WORKER_FAILED,
};

/** One run of a post, and its result. */
export type Settlement = { work: WorkOnPost; result: PostResult };
