import { pino } from 'pino';
import { expect, inject, it } from 'vitest';
import { MeDocument } from '../../client/index.ts';
import { watchClockSkew } from '../../src/store/clock-skew.ts';
import { openDatabase } from '../../src/store/database.ts';
import { clientOf, signUp, startTestApp } from '../support/app.ts';
import { createDatabase } from '../support/services/postgres-client.ts';
import { forge, testSecret } from '../support/tokens.ts';

/** What a token gets whose instance has a clock that is ahead. */
async function answerTo(aheadSeconds: number) {
  await using app = await startTestApp({ JWT_SECRET: testSecret });
  const account = await signUp(app);
  const iat = Math.floor(Date.now() / 1_000) + aheadSeconds;
  const token = forge(account.token, { claims: { iat, exp: iat + 600 } });
  return await clientOf(app, token).run(MeDocument, {});
}

it('a fresh token of an instance whose clock is 45 seconds ahead is taken', async () => {
  const { me } = await answerTo(45);
  expect(me).not.toBeNull();
});

it('a token of an instance whose clock is two minutes ahead is refused', async () => {
  await expect(answerTo(120)).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
});

it('an expired token is not taken for longer because clocks differ', async () => {
  await using app = await startTestApp({ JWT_SECRET: testSecret });
  const account = await signUp(app);
  const exp = Math.floor(Date.now() / 1_000) - 10;
  const token = forge(account.token, { claims: { iat: exp - 600, exp } });
  await expect(clientOf(app, token).run(MeDocument, {})).rejects.toMatchObject({
    codes: ['UNAUTHENTICATED'],
  });
});

it.each([
  ['20 seconds ahead, and says nothing', 20_000, []],
  ['45 seconds ahead, and warns', 45_000, [expect.stringContaining('is ahead of the database')]],
  ['45 seconds behind, and warns', -45_000, [expect.stringContaining('is behind the database')]],
])('compares a clock that is %s', async (_what, aheadMs, expected) => {
  const said: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => said.push(line) });
  const settings = { databaseUrl: await createDatabase(inject('postgresUrl')), dataDir: '/nowhere' };
  const database = await openDatabase(settings, logger);
  (await watchClockSkew(database, logger, () => Date.now() + aheadMs))();
  await database.close();
  expect(said).toEqual(expected);
});

it('a database that does not answer when clocks are compared ends no start', async () => {
  const said: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => said.push(line) });
  const settings = { databaseUrl: await createDatabase(inject('postgresUrl')), dataDir: '/nowhere' };
  const database = await openDatabase(settings, pino({ level: 'silent' }));
  await database.close();
  (await watchClockSkew(database, logger))();
  expect(said).toEqual([expect.stringContaining('could not compare clocks')]);
});
