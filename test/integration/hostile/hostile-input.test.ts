import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CreateCampaignDocument,
  DeleteAccountDocument,
  LoginDocument,
} from '../../../client/generated/graphql.ts';
import {
  anonymous,
  createCampaign,
  sampleCampaign,
  signUp,
  startTestApp,
  type Account,
  type TestApp,
} from '../../support/app.ts';
import { openSocket, post, toAnswer } from '../../support/raw-graphql.ts';

let app: TestApp;
let account: Account;
beforeAll(async () => {
  app = await startTestApp();
  account = await signUp(app);
  await createCampaign(account);
});
afterAll(() => app[Symbol.asyncDispose]());

const headers = () => ({ authorization: `Bearer ${account.token}` });
const ask = (query: string, variables: object = {}) => post(app, { query, variables }, headers());
/** Made by hand: JSON.stringify has not the stack for it. */
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a search that PostgreSQL cannot hold', () => {
  it.each(
    ['campaigns', 'batches', 'posts'].flatMap((list) => [
      [list, 'a NUL', 'a\0b'],
      [list, 'a lone surrogate', 'a\ud800b'],
    ]),
  )('in %s is bad input: %s', async (list, _what, search) => {
    const query = `query($search: NonEmptyString) { ${list}(filter: { search: $search }) { totalCount } }`;
    const { errors } = await ask(query, { search });
    expect(errors).toMatchObject([
      { extensions: { code: 'INVALID_INPUT', fields: [{ path: 'filter.search' }] } },
    ]);
  });
});

describe('a cursor that is not as we write them', () => {
  const cursorOf = async (order: string) => {
    const { data } = await ask(`{ campaigns(order: { by: ${order}, direction: ASC }) { edges { cursor } } }`);
    const [{ cursor }] = Object(data).campaigns.edges;
    const place: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return place;
  };

  it.each([
    ['of the year 0000', 'CREATED_AT', '0000-01-01T00:00:00.000Z'],
    ['with 2,000 digits', 'CREATED_AT', `2026-01-01T00:00:00.${'1'.repeat(2_000)}Z`],
    ['with a NUL', 'NAME', 'a\0b'],
    ['with a lone surrogate', 'NAME', 'a\ud800b'],
    ['of half a megabyte', 'NAME', 'x'.repeat(500_000)],
  ])('is bad input: %s', async (_what, order, value) => {
    const [mark, , id] = await cursorOf(order);
    const after = Buffer.from(JSON.stringify([mark, value, id])).toString('base64url');
    const query = `query($after: String) { campaigns(after: $after, order: { by: ${order}, direction: ASC }) { edges { cursor } } }`;
    const { errors } = await ask(query, { after });
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', fields: [{ path: 'after' }] } }]);
  });
});

describe('an id that is no UUID', () => {
  const id = Buffer.from('Batch:aaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaa').toString('base64url');

  it('is no export', async () => {
    const { status } = await fetch(`${app.url}/export/batches/${id}.csv`, { headers: headers() });
    expect(status).toBe(404);
  });

  it('is bad input', async () => {
    for (const query of [`{ node(id: "${id}") { id } }`, `{ batch(id: "${id}") { id } }`]) {
      expect((await ask(query)).errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
    }
  });
});

describe('variables nested 400,000 deep', () => {
  const operation = `{"query":"subscription { userEvents { cursor } }","variables":{"unused":${nested(400_000)}}}`;
  const refusal = { extensions: { code: 'INVALID_INPUT', field: 'variables' } };

  it('are refused over SSE', async () => {
    const { errors } = await post(app, operation, {
      ...headers(),
      accept: 'text/event-stream, application/json',
    });
    expect(errors).toMatchObject([refusal]);
  });

  it('are refused over HTTP', async () => {
    const { status, errors } = await post(app, operation.replace('subscription', 'query'), headers());
    expect(status).toBe(400);
    expect(errors).toMatchObject([refusal]);
  });

  it('are refused over a WebSocket that goes on', async () => {
    await using socket = await openSocket(app, account.token);
    socket.say(`{"type":"subscribe","id":"deep","payload":${operation}}`);
    const { payload } = await socket.hear(({ id }) => id === 'deep');
    expect(payload).toMatchObject([refusal]);
    socket.say({ type: 'ping' });
    await socket.hear(({ type }) => type === 'pong');
  });

  it('in a ping leave the WebSocket open', async () => {
    await using socket = await openSocket(app, account.token);
    socket.say(`{"type":"ping","payload":{"x":${nested(400_000)}}}`);
    const pong = await socket.hear(({ type }) => type === 'pong');
    expect(pong.payload).toBeUndefined();
  });
});

describe('a GET whose parameters are no JSON', () => {
  it.each(['variables=x', 'variables={', 'extensions=x', 'extensions=%7B%22a%22:'])(
    'is a bad request: %s',
    async (parameter) => {
      const answer = await toAnswer(await fetch(`${app.url}/graphql?query={me{id}}&${parameter}`), 0);
      expect(answer.status).toBe(400);
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
    },
  );
});

describe('an account that is being deleted', () => {
  it('refuses who logs in meanwhile', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const leaving = await signUp(app);
        const input = { email: leaving.email, password: 'correct horse' };
        const [, ...logins] = await Promise.all([
          leaving.run(DeleteAccountDocument, { input: { password: input.password } }),
          ...Array.from({ length: 4 }, () => anonymous(app).run(LoginDocument, { input })),
        ]);
        return logins.map(({ login }) => login.__typename);
      }),
    );
    const expected = ['Login', 'WrongCredentialsError'];
    expect(answers.flat().filter((answer) => !expected.includes(answer))).toEqual([]);
  });

  it('refuses who writes meanwhile', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const leaving = await signUp(app);
        const [, ...created] = await Promise.all([
          leaving.run(DeleteAccountDocument, { input: { password: 'correct horse' } }),
          ...Array.from({ length: 4 }, () => leaving.run(CreateCampaignDocument, { input: sampleCampaign })),
        ]);
        return created.map(({ createCampaign: answer }) => answer.__typename);
      }),
    );
    const expected = ['Campaign', 'UnauthenticatedError'];
    expect(answers.flat().filter((answer) => !expected.includes(answer))).toEqual([]);
  });
});
