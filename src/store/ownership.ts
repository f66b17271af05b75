import { Prisma } from './generated/prisma/client.ts';
import type { Viewer } from '../domain/viewer.ts';

/** Whose rows are meant. */
export type Owner = Pick<Viewer, 'userId'>;

/**
 * The condition that every read and write of campaigns, batches and posts carries: what is somebody else's is
 * not there. The only place that says what owning is; raw SQL compares `"ownerId"` in the same way.
 */
export function ownedBy({ userId }: Owner): { ownerId: string } {
  return { ownerId: userId };
}

/** Whether a write failed because its account has been deleted meanwhile: nothing else that rows point to goes by itself. */
export function isOwnerGone(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';
}
