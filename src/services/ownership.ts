import type { Viewer } from './access-tokens.ts';

/** Whose rows are meant. */
export type Owner = Pick<Viewer, 'userId'>;

/**
 * The condition that every read and write of campaigns, batches and posts carries: what is somebody else's is
 * not there. The only place that says what owning is; raw SQL compares `"ownerId"` in the same way.
 */
export function ownedBy({ userId }: Owner): { ownerId: string } {
  return { ownerId: userId };
}
