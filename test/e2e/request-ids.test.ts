import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { signUp, type Account } from '../support/app.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { openSocket, post } from '../support/raw-graphql.ts';
import { createDatabase, withPostgres } from '../support/services/postgres-client.ts';
import { waitUntil } from '../support/services/wait-until.ts';

let home: Home;
let app: Pressrun;
let account: Account;
beforeAll(async () => {
  home = await createHome();
  const DATABASE_URL = await createDatabase(inject('postgresUrl'));
  app = await startPressrun(home, { DATABASE_URL });
  account = await signUp(app);
  // From now on there is something that nobody has foreseen.
  await withPostgres(DATABASE_URL, (client) => client.query('ALTER TABLE campaigns RENAME TO gone'));
});
afterAll(async () => {
  await app.end('SIGTERM');
  await home[Symbol.asyncDispose]();
});

const broken = '{ campaigns { edges { node { id } } } }';
const authorization = () => ({ authorization: `Bearer ${account.token}` });
/** Waits until the log has a line with this message and id. */
const logged = (message: string, requestId: unknown) =>
  waitUntil(`the log to tell of ${String(requestId)}: ${message}`, () =>
    app.log().some((line) => line.msg === message && line['requestId'] === requestId),
  );

it.each([
  ['/graphql?query={me{id}}', 200],
  ['/graphql?query={', 200],
  ['/health/live', 200],
  ['/assets/none', 404],
  ['/export/batches/none.csv', 401],
  ['/nowhere', 404],
])('an answer to %s carries an id, and the log knows it', async (path, status) => {
  const response = await fetch(app.url + path);
  expect(response.status).toBe(status);
  const requestId = response.headers.get('x-request-id');
  expect(requestId).toMatch(/^[\da-f-]{36}$/);
  await logged('request', requestId);
});

it.each([
  ['its own, where that is harmless', 'order-7.a_b', /^order-7\.a_b$/],
  ['another, where its own could forge a line', 'x" msg="forged', /^[\da-f-]{36}$/],
  ['another, where its own is endless', 'x'.repeat(65), /^[\da-f-]{36}$/],
])('a client is answered with %s', async (_what, sent, answered) => {
  const { headers } = await fetch(`${app.url}/health/live`, { headers: { 'x-request-id': sent } });
  expect(headers.get('x-request-id')).toMatch(answered);
});

describe('a masked error', () => {
  it('over HTTP carries the id of its request, and the log tells the rest under it', async () => {
    const { errors, headers } = await post(app, { query: broken }, authorization());
    const requestId = headers.get('x-request-id');
    expect(errors).toMatchObject([
      { message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL', requestId } },
    ]);
    await logged('a resolver failed', requestId);
    await logged('request', requestId);
    const line = app
      .log()
      .find(({ msg, ...fields }) => msg === 'request' && fields['requestId'] === requestId);
    expect(line).toMatchObject({ operation: 'campaigns', outcome: 'failed', code: 'INTERNAL' });
  });

  it('over WebSocket carries one that the log knows', async () => {
    await using socket = await openSocket(app, account.token);
    socket.say({ type: 'subscribe', id: '1', payload: { query: broken } });
    const { payload } = await socket.hear(({ id }) => id === '1');
    const [error] = Object(payload).errors;
    expect(error.extensions).toMatchObject({ code: 'INTERNAL', requestId: expect.any(String) });
    await logged('a resolver failed', error.extensions.requestId);
  });
});
