import type { Caption } from '../../domain/posts/content.ts';
import type { Work } from '../../domain/work.ts';

/** What a model made, by which prompt. */
export type Made<T> = { value: T; model: string; promptHash: string };

export type PostResult =
  | { status: 'COMPLETED'; caption?: Made<Caption> | undefined; image?: Made<string> | undefined }
  | { status: 'FAILED'; errorCode: string; errorMessage: string };

type PostFailure = Extract<PostResult, { status: 'FAILED' }>;

/** The end of a post whose workers died with it too often. */
export const abandoned: PostFailure = {
  status: 'FAILED',
  errorCode: 'ABANDONED',
  errorMessage: 'The worker that made this post stopped several times in the middle of it.',
};

/** The end of a post whose runs failed too often without the provider's doing, such as one whose image cannot be stored. */
export const failedOften: PostFailure = {
  status: 'FAILED',
  errorCode: 'WORKER_FAILED',
  errorMessage: 'This server failed several times to make this post. Its log says why.',
};

/** What came of one run of a post. */
export type Settlement = { work: Work; result: PostResult };
