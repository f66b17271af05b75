import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogoutDocument } from '../../client/generated/graphql.ts';
import { z } from 'zod';
import { createCampaign, signUp, startBatch, type Account } from '../support/app.ts';
import { followToEnd, getPosts } from '../support/batches.ts';
import { createHome, type Home } from '../support/e2e/home.ts';
import { startPressrun, type Pressrun } from '../support/e2e/pressrun.ts';
import { eventsOf, openSocket, openStream, post } from '../support/raw-graphql.ts';
import { waitUntil } from '../support/services/wait-until.ts';
import { ownWorkspaceOf } from '../support/workspaces.ts';

let home: Home;
let app: Pressrun;
let account: Account;
let workspace: string;
let campaignId: string;
let batchId: string;
beforeAll(async () => {
  home = await createHome();
  app = await startPressrun(home);
  account = await signUp(app);
  workspace = ownWorkspaceOf(account);
  campaignId = await createCampaign(account);
  batchId = await startBatch(account, { campaignId, postCount: 2 });
  await followToEnd(account, batchId);
});
afterAll(async () => {
  await app.end('SIGTERM');
  await home[Symbol.asyncDispose]();
});

type Line = ReturnType<Pressrun['log']>[number];

/** The first line that fits, as soon as it is written. */
async function lineThat(what: string, fits: (line: Line) => boolean): Promise<Line> {
  let found: Line | undefined;
  await waitUntil(`the log to have a line ${what}`, () => (found = app.log().find(fits)) !== undefined);
  if (found === undefined) throw new Error('It was there and is not');
  return found;
}
const lineOf = (requestId: string, message = 'request') =>
  lineThat(
    `"${message}" of ${requestId}`,
    ({ msg, ...line }) => msg === message && line['requestId'] === requestId,
  );

let count = 0;
/** Sends a request and returns its line. */
async function lineAfter(body: object | string, headers: Record<string, string> = {}): Promise<Line> {
  const requestId = `log-${(count += 1)}`;
  await post(app, body, { authorization: `Bearer ${account.token}`, 'x-request-id': requestId, ...headers });
  return lineOf(requestId);
}

const startBatchMutation =
  'mutation Order($input: StartBatchInput!) { startBatch(input: $input) { __typename ... on Batch { id } } }';

it('a request over HTTP tells its operation, workspace and outcome, and the ids that it named and made', async () => {
  const line = await lineAfter({
    query: startBatchMutation,
    variables: { input: { campaignId, postCount: 1 } },
  });
  expect(line).toMatchObject({ operation: 'Order', kind: 'mutation', workspace, outcome: 'ok' });
  expect(line).not.toHaveProperty('code');
  expect(line['ids']).toEqual([campaignId, expect.stringMatching(/^QmF0Y2g6/)]);
});

it('an answer from the cache is told like the one that was made', async () => {
  const body = { query: 'query One($id: ID!) { batch(id: $id) { status } }', variables: { id: batchId } };
  const headers = { authorization: `Bearer ${account.token}` };
  await waitUntil(
    'an answer from the cache',
    async () => (await post(app, body, headers)).headers.get('x-cache') === 'HIT',
  );
  expect(await lineAfter(body)).toMatchObject({
    operation: 'One',
    kind: 'query',
    workspace,
    outcome: 'ok',
    ids: [batchId],
  });
});

it.each([
  [
    'an error that is data, of which the client did not ask the code',
    {
      query:
        'mutation Stop { pauseBatch(input: { batchId: "QmF0Y2g6MWYyZTNkNGMtNWI2YS00Nzg4LTk5MDAtYWFiYmNjZGRlZWZm" }) { __typename } }',
    },
    {},
    {
      operation: 'Stop',
      code: 'NOT_FOUND',
      ids: ['QmF0Y2g6MWYyZTNkNGMtNWI2YS00Nzg4LTk5MDAtYWFiYmNjZGRlZWZm'],
    },
  ],
  [
    'a quote',
    { query: 'query Quote { quoteBatch(input: { campaignId: "x", postCount: 1 }) { __typename } }' },
    {},
    { operation: 'Quote', code: 'INVALID_INPUT' },
  ],
  [
    'an error of a query',
    { query: '{ campaigns(first: 1000) { edges { cursor } } }' },
    {},
    { operation: 'campaigns', code: 'INVALID_INPUT' },
  ],
  [
    'nobody',
    { query: 'query Mine { campaigns { edges { cursor } } }' },
    { authorization: '' },
    { operation: 'Mine', code: 'UNAUTHENTICATED' },
  ],
  ['a syntax error', { query: 'query {' }, {}, { code: 'SYNTAX_ERROR' }],
  [
    'an unknown field',
    { query: 'query Wrong { nothing }' },
    {},
    { operation: 'Wrong', kind: 'query', code: 'INVALID_INPUT' },
  ],
  ['no JSON', 'nothing', {}, { code: 'BAD_REQUEST' }],
  [
    'another media type',
    'nothing',
    { 'content-type': 'text/plain' },
    { code: 'UNSUPPORTED_MEDIA_TYPE', status: 415 },
  ],
  [
    'a strange origin',
    '{}',
    { origin: 'https://strange.example' },
    { code: 'ORIGIN_NOT_ALLOWED', status: 403 },
  ],
])('a refusal tells its code: %s', async (_what, body, headers, expected) => {
  expect(await lineAfter(body, headers)).toMatchObject({ ...expected, outcome: 'refused' });
});

const reader = () => ({ url: app.url, token: account.token });

it('a client that leaves before its answer is told so', async () => {
  const requestId = 'impatient';
  const query = 'subscription Watch { userEvents { cursor } }';
  const response = await openStream(reader(), { query }, { headers: { 'x-request-id': requestId } });
  await lineOf(requestId, 'subscription started');
  await response.body?.cancel();
  const left = { operation: 'Watch', kind: 'subscription', workspace, outcome: 'left' };
  expect(await lineOf(requestId, 'subscription ended')).toMatchObject(left);
  expect(await lineOf(requestId)).toMatchObject(left);
});

it('a stream over SSE that ran to its end is told as such', async () => {
  const requestId = 'patient';
  const query = 'subscription Whole($id: ID!) { batchEvents(batchId: $id) { cursor } }';
  const operation = { query, variables: { id: batchId } };
  const response = await openStream(reader(), operation, { headers: { 'x-request-id': requestId } });
  await Array.fromAsync(eventsOf(response));
  const whole = { operation: 'Whole', workspace, ids: [batchId], outcome: 'ok' };
  expect(await lineOf(requestId, 'subscription ended')).toMatchObject(whole);
  expect(await lineOf(requestId)).toMatchObject(whole);
});

describe('over WebSocket', () => {
  const subscription = 'subscription Socket { userEvents { cursor } }';

  it('an operation has its line, and a refused one its code', async () => {
    await using socket = await openSocket(app, account.token, { 'x-request-id': 'socket-1' });
    socket.say({
      type: 'subscribe',
      id: '1',
      payload: { query: `query Here { batch(id: "${batchId}") { id } }` },
    });
    await socket.hear(({ id, type }) => id === '1' && type === 'complete');
    expect(await lineOf('socket-1')).toMatchObject({
      operation: 'Here',
      workspace,
      outcome: 'ok',
      ids: [batchId],
    });
    socket.say({ type: 'subscribe', id: '2', payload: { query: 'query Wrong { nothing }' } });
    const wrong = await lineThat(
      'of a refused one',
      (line) => line['requestId'] === 'socket-1' && line['operation'] === 'Wrong',
    );
    expect(wrong).toMatchObject({ outcome: 'refused', code: 'INVALID_INPUT' });
  });

  it('a subscription that a logout ends tells the code of the close', async () => {
    const other = await signUp(app);
    await using socket = await openSocket(app, other.token, { 'x-request-id': 'socket-2' });
    socket.say({ type: 'subscribe', id: '1', payload: { query: subscription } });
    expect(await lineOf('socket-2', 'subscription started')).toMatchObject({
      operation: 'Socket',
      workspace: ownWorkspaceOf(other),
    });
    await other.run(LogoutDocument, {});
    expect(await socket.closed).toBe(4403);
    expect(await lineOf('socket-2', 'subscription ended')).toMatchObject({
      outcome: 'left',
      closeCode: 4403,
    });
  });

  it('a refused upgrade has a line', async () => {
    await openSocket(app, null, { origin: 'https://strange.example', 'x-request-id': 'socket-3' }).catch(
      () => undefined,
    );
    expect(await lineOf('socket-3')).toMatchObject({
      status: 403,
      outcome: 'refused',
      code: 'ORIGIN_NOT_ALLOWED',
    });
  });
});

it('workers name posts, batches and workspaces as the API does', async () => {
  const ids = (await getPosts(account, { batchId })).map(({ id }) => id);
  const lines = app.log().filter((line) => line.msg === 'run completed' && line['batch'] === batchId);
  expect(new Set(lines.map((line) => line['post']))).toEqual(new Set(ids));
  expect(lines.every((line) => line['workspace'] === workspace)).toBe(true);
});

it('no line has what a client wrote in a text', async () => {
  const requestId = 'last-of-all';
  await post(app, { query: '{ me { email } }' }, { 'x-request-id': requestId });
  await lineOf(requestId);
  const text = JSON.stringify(app.log());
  for (const written of [account.email, account.token, 'correct horse', 'Alpenglow'])
    expect(text).not.toContain(written);
});

it('docs/logs.md shows lines as they are', async () => {
  const text = await readFile('docs/logs.md', 'utf8');
  const examples = [...text.matchAll(/```json\n([^`]+)```/g)].flatMap(([, lines = '']) =>
    lines.trim().split('\n'),
  );
  expect(examples.length).toBe(4);
  for (const example of examples) {
    const shown = z.looseObject({ msg: z.string() }).parse(JSON.parse(example));
    const keys = Object.keys(shown);
    await lineThat(
      `with ${keys.join()}`,
      (line) => line.msg === shown.msg && Object.keys(line).join() === keys.join(),
    );
  }
});
