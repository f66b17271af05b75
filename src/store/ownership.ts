import { Prisma } from './generated/prisma/client.ts';
import type { Viewer } from '../domain/viewer.ts';

/** The workspace whose rows are meant. */
export type Owner = Pick<Viewer, 'workspaceId'>;

/**
 * The condition that every read and write of campaigns, batches and posts carries: what another workspace owns is
 * not there. This file is the only place that says what owning is.
 */
export function ownedBy({ workspaceId }: Owner): { ownerId: string } {
  return { ownerId: workspaceId };
}

/** The same condition in SQL. @param rows the name that the statement gives the rows. */
export function ownedRows({ workspaceId }: Owner, rows: string): Prisma.Sql {
  return Prisma.sql`${Prisma.raw(rows)}."ownerId" = ${workspaceId}::uuid`;
}

/** The workspace that owns a row. */
export function ownerOf({ ownerId }: { ownerId: string }): Owner {
  return { workspaceId: ownerId };
}

/** Whether a write failed because its workspace has been deleted meanwhile: nothing else that rows point to goes by itself. */
export function isWorkspaceGone(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';
}
