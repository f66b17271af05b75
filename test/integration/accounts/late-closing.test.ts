import { expect } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../src/config/config.ts';
import { createAccessTokens } from '../../../src/services/accounts/access-tokens.ts';
import { createAccounts } from '../../../src/services/accounts/accounts.ts';
import { createPasswords } from '../../../src/services/accounts/passwords.ts';
import { createRateLimits } from '../../../src/services/accounts/rate-limits.ts';
import { createSessions } from '../../../src/services/accounts/sessions.ts';
import { createUserDeletion } from '../../../src/services/deletion/users.ts';
import { createWorkspaces } from '../../../src/services/workspaces/workspaces.ts';
import type { Database } from '../../../src/store/database.ts';
import type { PrismaClient } from '../../../src/store/generated/prisma/client.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { test } from '../../support/fixtures.ts';
import { testSecret } from '../../support/tokens.ts';

const client = z.custom<PrismaClient>();
const logger = createLogger('silent');

/** Of a single process, which knows of every end itself. */
function openSessions(database: Database) {
  const sessions = createSessions(database, { isShared: false, logger });
  return { ...sessions, [Symbol.dispose]: () => sessions.close() };
}

test('an account that is closed while a worker looks for something to delete is deleted behind its workspace', async ({
  workshop,
}) => {
  const { database } = workshop;
  using sessions = openSessions(database);
  const deps = { ...workshop, sessions, logger };
  const deletion = createUserDeletion(deps);
  const { viewer, campaignId } = await workshop.addAccount();
  const batch = await workshop.batches.start(viewer, { campaignId, postCount: 1 });
  const image = 'a'.repeat(64);
  await database.prisma.$executeRaw`
    INSERT INTO post_revisions ("postId", number, field, author, text)
    SELECT id, 1, 'IMAGE', 'MODEL', ${image} FROM posts WHERE "batchId" = ${batch.id}::uuid`;

  // It has found no workspace when the account is closed.
  const prisma = database.prisma.$extends({
    query: {
      user: {
        async findFirst({ args, query }) {
          await deletion.run(viewer);
          return query(args);
        },
      },
    },
  });
  const late = { ...database, prisma: client.parse(prisma) };
  await createUserDeletion({ ...deps, database: late }).next();
  while (await deletion.next());

  expect(await database.prisma.user.count()).toBe(0);
  expect(await database.prisma.workspace.count()).toBe(0);
  const removals = await database.prisma.$queryRaw<unknown[]>`
    SELECT 1 FROM pgboss.job WHERE name = 'asset-removals' AND data->'keys' ? ${image}`;
  expect(removals).toHaveLength(1);
});

test('who logs in while their account is being deleted is logged out, also of the workspaces that stay', async ({
  workshop,
}) => {
  const { database } = workshop;
  using sessions = openSessions(database);
  const deletion = createUserDeletion({ ...workshop, sessions, logger });
  const deps = {
    tokens: createAccessTokens([new TextEncoder().encode(testSecret)], 15),
    sessions,
    passwords: createPasswords(),
    limits: createRateLimits(readConfig({}).rateLimits, undefined),
    workspaces: createWorkspaces(database),
    mayRegister: async () => undefined,
  };
  const address = '127.0.0.1';
  const credentials = { email: 'ada@example.com', password: 'correct horse' };
  let lateToken = '';
  const accounts = createAccounts(database, {
    ...deps,
    deletion: {
      ...deletion,
      async run(user) {
        lateToken = (await accounts.login(credentials, address)).accessToken;
        return deletion.run(user);
      },
    },
  });
  const { accessToken } = await accounts.register(credentials, address);
  const viewer = await accounts.authenticate(accessToken);
  const { viewer: owner } = await workshop.addAccount();
  await database.prisma.membership.create({
    data: { userId: viewer.userId, workspaceId: owner.workspaceId, role: 'EDITOR', createdAt: new Date(0) },
  });

  await accounts.deleteAccount(viewer, { password: credentials.password }, address);

  await expect(accounts.authenticate(lateToken)).rejects.toThrow('not valid');
});

test('a session that a member opens while the workspace is being closed ends, and so do its subscriptions', async ({
  workshop,
}) => {
  const { database } = workshop;
  using sessions = openSessions(database);
  const deletion = createUserDeletion({ ...workshop, sessions, logger });
  const [{ viewer: owner }, { viewer: member }] = [await workshop.addAccount(), await workshop.addAccount()];
  const membership = { userId: member.userId, workspaceId: owner.workspaceId, role: 'EDITOR' as const };
  await database.prisma.membership.create({ data: membership });
  await deletion.run(owner);
  const { sessionId } = await sessions.open(membership);
  const late = { ...member, ...membership, sessionId };
  expect(await sessions.isOpen(late)).toBe(true);
  const ends: string[] = [];
  sessions.watch(late, (reason) => ends.push(reason));

  while (await deletion.next());

  expect(await sessions.isOpen(late)).toBe(false);
  expect(ends).toEqual(['ended']);
});
