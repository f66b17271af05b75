import type { Role } from '../../src/domain/viewer.ts';
import { fromGlobalId, toGlobalId } from '../../src/domain/ids.ts';
import type { PrismaClient } from '../../src/store/generated/prisma/client.ts';
import { LoginDocument, SwitchWorkspaceDocument } from '../../client/generated/graphql.ts';
import { anonymous, clientOf, type Account } from './app.ts';

/** The id of a row behind a global one. */
export function rowId(globalId: string): string {
  const decoded = fromGlobalId(globalId);
  if (decoded === undefined) throw new Error(`${globalId} is no global id`);
  return decoded.id;
}

/** The global id of the workspace that a user has been registered with. */
export const ownWorkspaceOf = ({ id }: Account) => toGlobalId('Workspace', rowId(id));

/** Makes a user a member of a workspace, or changes their role in it. Ids are global ones. */
export async function setRole(
  prisma: PrismaClient,
  workspaceId: string,
  { id }: Account,
  role: Role,
): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO memberships ("workspaceId", "userId", role) VALUES (${rowId(workspaceId)}::uuid, ${rowId(id)}::uuid, ${role}::"Role")
    ON CONFLICT ("workspaceId", "userId") DO UPDATE SET role = excluded.role`;
}

/** Makes a workspace with one member. @returns its global id. */
export async function addWorkspace(
  prisma: PrismaClient,
  member: Account,
  role: Role = 'OWNER',
): Promise<string> {
  const id = crypto.randomUUID();
  await prisma.$executeRaw`INSERT INTO workspaces (id, name) VALUES (${id}::uuid, 'Added')`;
  const workspaceId = toGlobalId('Workspace', id);
  await setRole(prisma, workspaceId, member, role);
  return workspaceId;
}

/** Logs a user in anew. @param workspaceId which workspace to go to; without it, the first one. */
export async function logIn(
  app: { url: string },
  account: Account,
  workspaceId?: string,
): Promise<Account & { refreshToken: string }> {
  const { login } = await anonymous(app).run(LoginDocument, {
    input: { email: account.email, password: 'correct horse' },
  });
  if (login.__typename !== 'Login') throw new Error(`login answered ${login.__typename}`);
  const to = (accessToken: string, refreshToken: string | null) => ({
    ...account,
    url: `${app.url}/graphql`,
    token: accessToken,
    refreshToken: refreshToken ?? '',
    run: clientOf(app, accessToken).run,
  });
  const first = to(login.accessToken, login.refreshToken);
  if (workspaceId === undefined) return first;
  const { switchWorkspace } = await first.run(SwitchWorkspaceDocument, { input: { workspaceId } });
  if (switchWorkspace.__typename !== 'Login')
    throw new Error(`switchWorkspace answered ${switchWorkspace.__typename}`);
  return to(switchWorkspace.accessToken, switchWorkspace.refreshToken);
}
