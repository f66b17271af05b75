import { Prisma } from './generated/prisma/client.ts';
import type { Viewer } from '../domain/viewer.ts';

/** A workspace, as the owner of rows. */
export type Owner = Pick<Viewer, 'workspaceId'>;

/**
 * The condition of every read and write of campaigns, batches and posts: rows of other workspaces do not exist. Only this
 * file defines ownership.
 */
export function ownedBy({ workspaceId }: Owner): { ownerId: string } {
  return { ownerId: workspaceId };
}

/** The same condition in SQL. @param rows the name of the rows in the statement. */
export function ownedRows({ workspaceId }: Owner, rows: string): Prisma.Sql {
  return Prisma.sql`${Prisma.raw(rows)}."ownerId" = ${workspaceId}::uuid`;
}

/** The workspace that owns a row. */
export function ownerOf({ ownerId }: { ownerId: string }): Owner {
  return { workspaceId: ownerId };
}

/** Whether a write failed because its workspace has been deleted meanwhile (a foreign key violation). */
export function isWorkspaceGone(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2003';
}
