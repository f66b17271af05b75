import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';

/** What the apps of a test sign with, so that the test can sign as well. */
export const testSecret = 'a secret that only tests know and that is long enough';

/** Header, claims and key of a token that may be wrong in any of them. */
export type TokenChanges = {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  secret?: string;
};

/**
 * Signs a token for a session as the app does, but for `changes`. Signed by hand: no library signs everything that an
 * attacker may.
 */
export function forge(token: string, changes: TokenChanges = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const { sub, sid } = claimsSchema.parse(claimsOf(token));
  const claims = { sub, sid, iss: 'pressrun', aud: 'pressrun', iat: now, exp: now + 60, ...changes.claims };
  const header = { alg: 'HS256', typ: 'at+jwt', kid: keyId(testSecret), ...changes.header };
  const signed = `${encode(header)}.${encode(claims)}`;
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256';
  return `${signed}.${createHmac(hash, changes.secret ?? testSecret)
    .update(signed)
    .digest('base64url')}`;
}

/** A part of a token: JSON, in base64url. */
export function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const claimsSchema = z.object({ sub: z.string(), sid: z.string() });

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

export function keyId(secret: string): string {
  return createHash('sha256').update('pressrun key id').update(secret).digest('base64url').slice(0, 16);
}
