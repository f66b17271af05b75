import { createHash } from 'node:crypto';
import { JWSInvalid, JWTExpired } from 'jose/errors';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import { roles, type Viewer } from '../../domain/viewer.ts';

export type AccessTokens = {
  /** Issues a token for a session. */
  issue(viewer: Omit<Viewer, 'expiresAt'>): Promise<{ accessToken: string; expiresAt: Date }>;
  /**
   * Returns who a token was issued to. Does not check whether the session is open and the role still the same.
   *
   * @throws UnauthenticatedError for a token that is not ours or not valid now.
   */
  verify(token: string): Promise<Viewer>;
};

const issuer = 'pressrun';
const type = 'at+jwt';
const algorithm = 'HS256';
/** How far the clock of the issuing instance may be ahead. store/clock-skew.ts warns of more. */
const aheadToleranceSeconds = 60;

/** Accepts a token a little longer, so that a request in flight is not refused. */
const expiryToleranceSeconds = 5;

/** How many verified tokens are remembered. Checking a signature costs more CPU than an answer from the cache. */
const maxVerified = 10_000;

const claimsSchema = z
  .object({
    sub: z.uuid(),
    sid: z.uuid(),
    wid: z.uuid().optional(),
    role: z.enum(roles).optional(),
    iat: z.number(),
    exp: z.number(),
  })
  // Tokens of the release before this one have neither: its users own the workspace that has their id.
  .transform(({ sub, wid = sub, role = 'OWNER', ...claims }) => ({ sub, wid, role, ...claims }));

/**
 * Access tokens: JWTs in the shape of RFC 9068, signed with HS256 because only Pressrun itself reads them.
 *
 * @param secrets each of at least 32 bytes. The first one signs, all verify. To rotate, put a new one first and remove the
 * old one when its last token has expired.
 */
export function createAccessTokens(secrets: readonly Uint8Array[], lifetimeMinutes: number): AccessTokens {
  const keys = new Map(secrets.map((secret) => [keyId(secret), secret]));
  const [signing] = keys;
  if (signing === undefined) throw new Error('a secret to sign access tokens with is missing');
  const [kid, signingSecret] = signing;
  const lifetimeSeconds = Math.round(lifetimeMinutes * 60);
  // Tokens are kept in the clear: the secrets are in the same memory.
  const verified = new LRUCache<string, { viewer: Viewer; untilMs: number }>({ max: maxVerified });

  return {
    async issue({ userId, workspaceId, role, sessionId }) {
      const now = Math.floor(Date.now() / 1000);
      const expiresAt = now + lifetimeSeconds;
      const accessToken = await new SignJWT({ sid: sessionId, wid: workspaceId, role })
        .setProtectedHeader({ alg: algorithm, typ: type, kid })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(expiresAt)
        .sign(signingSecret);
      return { accessToken, expiresAt: new Date(expiresAt * 1000) };
    },
    async verify(token) {
      const known = verified.get(token);
      if (known !== undefined && Date.now() < known.untilMs) return known.viewer;
      try {
        const { payload } = await jwtVerify(
          token,
          // Only keys from the settings count. `jwk`, `jku` and `x5u` of the header are ignored.
          (header) => {
            const key = keys.get(header.kid ?? '');
            if (key === undefined) throw new JWSInvalid('unknown key');
            return key;
          },
          {
            algorithms: [algorithm],
            typ: type,
            issuer,
            audience: issuer,
            requiredClaims: ['sub', 'sid', 'exp', 'iat'],
            // Also refuses tokens that were issued in the future.
            maxTokenAge: lifetimeSeconds,
            clockTolerance: aheadToleranceSeconds,
          },
        );
        const claims = claimsSchema.parse(payload);
        if (claims.exp + expiryToleranceSeconds < Date.now() / 1000) throw new JWTExpired('expired', payload);
        const viewer = {
          userId: claims.sub,
          workspaceId: claims.wid,
          role: claims.role,
          sessionId: claims.sid,
          expiresAt: new Date(claims.exp * 1000),
        };
        verified.set(token, { viewer, untilMs: Math.min(claims.exp, claims.iat + lifetimeSeconds) * 1000 });
        return viewer;
      } catch (cause) {
        throw invalidToken({ cause });
      }
    },
  };
}

/** The same error for every invalid token, whatever the reason. */
export function invalidToken(options: ErrorOptions = {}): UnauthenticatedError {
  return new UnauthenticatedError('The access token is not valid, or no longer. Log in again.', options);
}

/** @returns an id of a secret that does not reveal it. */
function keyId(secret: Uint8Array): string {
  return createHash('sha256').update('pressrun key id').update(secret).digest('base64url').slice(0, 16);
}
