import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { post } from '../../support/raw-graphql.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => app[Symbol.asyncDispose]());

const overTls = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' };

/** Opens an account, and returns the cookies that the answer sets. */
async function register(headers: Record<string, string>): Promise<string[]> {
  const input = `{ email: "${crypto.randomUUID()}@example.com", password: "correct horse" }`;
  const query = `mutation { register(input: ${input}, cookie: true) { __typename } }`;
  return (await post(app, { query }, headers)).headers.getSetCookie();
}

async function refresh(headers: Record<string, string>) {
  const query = 'mutation { refresh { __typename } }';
  const answer = await post(app, { query }, headers);
  return { kind: Object(answer.data).refresh.__typename, cookies: answer.headers.getSetCookie() };
}

const nameAndValue = (cookie = '') => cookie.split(';', 1)[0] ?? '';

it('over TLS the cookie belongs to this very host', async () => {
  const cookies = await register(overTls);
  expect(cookies).toHaveLength(1);
  expect(cookies[0]).toMatch(/^__Host-pressrun_refresh=[\w-]+; Path=\/; Secure; HttpOnly; SameSite=Strict; /);
  const { kind } = await refresh({ ...overTls, cookie: nameAndValue(cookies[0]) });
  expect(kind).toBe('Login');
});

it('without TLS it goes to one path, under a name that browsers take there', async () => {
  const [cookie] = await register({});
  expect(cookie).toMatch(/^pressrun_refresh=[\w-]+; Path=\/graphql; HttpOnly; SameSite=Strict; /);
  expect((await refresh({ cookie: nameAndValue(cookie) })).kind).toBe('Login');
});

it('over TLS a cookie from before is good for one more refresh, which replaces it', async () => {
  const [old] = await register({});
  const { kind, cookies } = await refresh({ ...overTls, cookie: nameAndValue(old) });
  expect(kind).toBe('Login');
  expect(cookies.map((cookie) => cookie.split('=', 1)[0])).toEqual([
    '__Host-pressrun_refresh',
    'pressrun_refresh',
  ]);
  expect(cookies[1]).toContain('Expires=Thu, 01 Jan 1970');
});

it('over TLS the cookie of this very host wins over one that another host of the domain has set', async () => {
  const [own] = await register(overTls);
  const [foreign] = await register({});
  const cookie = `${nameAndValue(foreign)}; ${nameAndValue(own)}`;
  await refresh({ ...overTls, cookie });
  // The foreign one was not used up.
  expect((await refresh({ cookie: nameAndValue(foreign) })).kind).toBe('Login');
});
