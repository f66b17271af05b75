import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CampaignsDocument,
  LoginDocument,
  MeDocument,
  RegisterDocument,
  CreateCampaignDocument,
} from '../../../client/generated/graphql.ts';
import { createClient } from '../../../client/index.ts';
import { anonymous, sampleCampaign, signUp, startTestApp, type TestApp } from '../../support/app.ts';

const secret = 'a secret that only this test knows, long enough';
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ JWT_SECRET: secret });
});
afterAll(() => app[Symbol.asyncDispose]());

it('logs a registered account in, whatever the case of its address', async () => {
  const { email } = await signUp(app, `Ada.${crypto.randomUUID()}@Example.com`);
  const { login } = await anonymous(app).run(LoginDocument, {
    input: { email: ` ${email.toUpperCase()} `, password: 'correct horse' },
  });
  expect(login).toMatchObject({ __typename: 'Login', user: { email: email.toLowerCase() } });
});

it('opens one account for an address, however it is written and however often at once', async () => {
  const email = `${crypto.randomUUID()}@example.com`;
  const spellings = [email, email.toUpperCase(), ` ${email}`, email.replace('example', 'Example')];
  const answers = await Promise.all(
    spellings.map((spelling) =>
      anonymous(app).run(RegisterDocument, { input: { email: spelling, password: 'correct horse' } }),
    ),
  );
  expect(answers.map(({ register }) => register.__typename).toSorted()).toEqual([
    'EmailTakenError',
    'EmailTakenError',
    'EmailTakenError',
    'Login',
  ]);
});

it('says the same for a wrong password and for an unknown address', async () => {
  const { email } = await signUp(app);
  const wrong = await anonymous(app).run(LoginDocument, { input: { email, password: 'wrong horse' } });
  const unknown = await anonymous(app).run(LoginDocument, {
    input: { email: `x${email}`, password: 'wrong horse' },
  });
  expect(wrong.login).toMatchObject({ __typename: 'WrongCredentialsError', code: 'WRONG_CREDENTIALS' });
  expect(unknown).toEqual(wrong);
});

it.each([
  ['an address that is none', { email: 'ada', password: 'correct horse' }, 'input.email'],
  ['a short password', { email: 'ada@example.com', password: 'horse' }, 'input.password'],
  ['a password of 129 characters', { email: 'ada@example.com', password: 'h'.repeat(129) }, 'input.password'],
])('names the field when somebody registers with %s', async (_what, input, path) => {
  const { register } = await anonymous(app).run(RegisterDocument, { input });
  expect(register).toMatchObject({ __typename: 'InvalidInputError', fields: [{ path }] });
});

it('knows nobody without a token, and says how to log in', async () => {
  expect(await anonymous(app).run(MeDocument, {})).toEqual({ me: null });
  await expect(anonymous(app).run(CampaignsDocument, {})).rejects.toMatchObject({
    codes: ['UNAUTHENTICATED'],
  });
  expect(await anonymous(app).run(CreateCampaignDocument, { input: sampleCampaign })).toMatchObject({
    createCampaign: { __typename: 'UnauthenticatedError', message: expect.stringContaining('Bearer') },
  });
});

it.each([
  ['rubbish', async () => 'rubbish'],
  ['a token that has expired', (claims: object) => sign(claims, { exp: -60 })],
  ['a token of another audience', (claims: object) => sign(claims, { aud: 'elsewhere' })],
  ['a token with another secret', (claims: object) => sign(claims, { secret: 'x'.repeat(40) })],
  ['a token of another type', (claims: object) => sign(claims, { typ: 'JWT' })],
])('refuses %s', async (_what, makeToken) => {
  const token = await makeToken({ sub: crypto.randomUUID(), sid: crypto.randomUUID() });
  const client = createClient({ url: `${app.url}/graphql`, token });
  await expect(client.run(MeDocument, {})).rejects.toMatchObject({ codes: ['UNAUTHENTICATED'] });
});

async function sign(claims: object, change: { exp?: number; aud?: string; secret?: string; typ?: string }) {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: change.typ ?? 'at+jwt' })
    .setIssuer('pressrun')
    .setAudience(change.aud ?? 'pressrun')
    .setExpirationTime(Math.floor(Date.now() / 1000) + (change.exp ?? 60))
    .sign(new TextEncoder().encode(change.secret ?? secret));
}
