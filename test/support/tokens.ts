import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';

/** What the apps of a test sign with, so that the test can sign as well. */
export const testSecret = 'a secret that only tests know and that is long enough';

/** Header, claims and key of a token that may be wrong in any of them. */
export type TokenChanges = {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  secret?: string;
};

/** Signs a token for a session as the app does, but for `changes`. */
export async function forge(token: string, changes: TokenChanges = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const { sub, sid } = claimsSchema.parse(claimsOf(token));
  const claims = { sub, sid, iss: 'pressrun', aud: 'pressrun', iat: now, exp: now + 60, ...changes.claims };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: keyId(testSecret), ...changes.header })
    .sign(new TextEncoder().encode(changes.secret ?? testSecret));
}

const claimsSchema = z.object({ sub: z.string(), sid: z.string() });

/** The claims of a token, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

export function keyId(secret: string): string {
  return createHash('sha256').update('pressrun key id').update(secret).digest('base64url').slice(0, 16);
}
