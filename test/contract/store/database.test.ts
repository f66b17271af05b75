import { expect, inject, it } from 'vitest';
import { openDatabase, type Transaction } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createDatabase } from '../../support/services/postgres-client.ts';

const settings = async () => ({
  databaseUrl: await createDatabase(inject('postgresUrl')),
  dataDir: '/nowhere',
});

it('two transactions that wait for each other both commit: the one that is ended runs anew', async () => {
  const database = await openDatabase(await settings(), createLogger('silent'));
  try {
    const emails = ['a@example.com', 'b@example.com'];
    await database.prisma.user.createMany({ data: emails.map((email) => ({ email, passwordHash: '' })) });
    const bothHoldOne = Promise.withResolvers<void>();
    let holders = 0;
    let runs = 0;
    const lock = (tx: Transaction, email: string) =>
      tx.$executeRaw`UPDATE users SET "passwordHash" = "passwordHash" || 'x' WHERE email = ${email}`;
    const lockBoth = (order: readonly string[]) =>
      database.transaction(async (tx) => {
        runs += 1;
        const [first = '', second = ''] = order;
        await lock(tx, first);
        holders += 1;
        if (holders === 2) bothHoldOne.resolve();
        await bothHoldOne.promise;
        await lock(tx, second);
      });
    await Promise.all([lockBoth(emails), lockBoth(emails.toReversed())]);
    expect(runs).toBe(3);
    const users = await database.prisma.user.findMany();
    expect(users.map(({ passwordHash }) => passwordHash)).toEqual(['xx', 'xx']);
  } finally {
    await database.close();
  }
});
