import { expect } from 'vitest';
import { z } from 'zod';
import { createAccountDeletion } from '../../../src/services/deletion/accounts.ts';
import type { PrismaClient } from '../../../src/store/generated/prisma/client.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { test } from '../../support/fixtures.ts';

const client = z.custom<PrismaClient>();

test('an account that is closed while a worker looks for something to delete is deleted behind its workspace', async ({
  workshop,
}) => {
  const { database } = workshop;
  const logger = createLogger('silent');
  const deletion = createAccountDeletion({ ...workshop, logger });
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
  await createAccountDeletion({ ...workshop, database: late, logger }).next();
  while (await deletion.next());

  expect(await database.prisma.user.count()).toBe(0);
  expect(await database.prisma.workspace.count()).toBe(0);
  const removals = await database.prisma.$queryRaw<unknown[]>`
    SELECT 1 FROM pgboss.job WHERE name = 'asset-removals' AND data->'keys' ? ${image}`;
  expect(removals).toHaveLength(1);
});
