import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RegisterDocument } from '../../../client/index.ts';
import { clientOf, startTestApp } from '../../support/app.ts';

const secret = 'a secret of at least thirty-two characters';
const run = promisify(execFile);

/** Prints an invitation as an operator does. */
async function invite(...args: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], JWT_SECRET: secret };
  const { stdout } = await run(process.execPath, ['scripts/invite.ts', ...args], { env });
  return stdout.trim();
}

async function register(app: { url: string }, email: string, invitation?: string) {
  const input = {
    email,
    password: 'correct horse battery',
    ...(invitation === undefined ? {} : { invitation }),
  };
  const { register: result } = await clientOf(app, '').run(RegisterDocument, { input });
  return result;
}

describe('REGISTRATION=invite', () => {
  it('takes people with an invitation, and tells others which field is wrong', async () => {
    await using app = await startTestApp({ REGISTRATION: 'invite', JWT_SECRET: secret });
    expect(await register(app, 'one@example.com', await invite())).toMatchObject({ __typename: 'Login' });
    expect(await register(app, 'two@example.com')).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'input.invitation', message: 'is needed to register here' }],
    });
    expect(await register(app, 'two@example.com', 'made up')).toMatchObject({
      fields: [{ path: 'input.invitation', message: 'is not valid, or no longer valid' }],
    });
  });

  it('does not take an access token for an invitation', async () => {
    await using app = await startTestApp({ REGISTRATION: 'invite', JWT_SECRET: secret });
    const login = await register(app, 'one@example.com', await invite());
    const token = 'accessToken' in login ? login.accessToken : '';
    expect(token).not.toBe('');
    expect(await register(app, 'two@example.com', token)).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

it('REGISTRATION=closed registers nobody', async () => {
  await using app = await startTestApp({ REGISTRATION: 'closed', JWT_SECRET: secret });
  expect(await register(app, 'one@example.com')).toMatchObject({
    __typename: 'RegistrationClosedError',
    code: 'REGISTRATION_CLOSED',
  });
});
