import { createHash } from 'node:crypto';
import { JWSInvalid, JWTExpired } from 'jose/errors';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { UnauthenticatedError } from '../../domain/errors/errors.ts';
import { roles, type Viewer } from '../../domain/viewer.ts';

export type AccessTokens = {
  issue(viewer: Omit<Viewer, 'expiresAt'>): Promise<{ accessToken: string; expiresAt: Date }>;
  /**
   * Says who a token was issued to; whether the session is still open, and the role still theirs, is not its business.
   *
   * @throws UnauthenticatedError for any token that is not ours or not valid now.
   */
  verify(token: string): Promise<Viewer>;
};

const issuer = 'pressrun';
const type = 'at+jwt';
const algorithm = 'HS256';
/** How far the clock of the instance that issued a token may be ahead; the store warns beyond (store/clock.ts). */
const aheadToleranceSeconds = 60;

/** How much longer a token is taken, so that a request on its way when it expires is not refused. */
const expiryToleranceSeconds = 5;

/** Tokens whose signature is not checked again until they expire: that takes 90 µs of CPU, an answer from the cache 20. */
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
  // The release before this one says neither. Its users are the owners of the workspace that has their id.
  .transform(({ sub, wid = sub, role = 'OWNER', ...claims }) => ({ sub, wid, role, ...claims }));

/**
 * Access tokens: JWTs (RFC 9068 in shape) signed with HS256, as only Pressrun itself reads them: a public key
 * would have no reader.
 *
 * @param secrets each of at least 32 bytes. The first signs, all verify: put a new one in front, and take the
 * old one away once the last token that it signed has expired.
 */
export function createAccessTokens(secrets: readonly Uint8Array[], lifetimeMinutes: number): AccessTokens {
  const keys = new Map(secrets.map((secret) => [keyId(secret), secret]));
  const [signing] = keys;
  if (signing === undefined) throw new Error('a secret to sign access tokens with is missing');
  const [kid, signingSecret] = signing;
  const lifetimeSeconds = Math.round(lifetimeMinutes * 60);
  // In the clear: who can read this memory finds the secrets in it.
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
          // Keys come from the settings alone: `jwk`, `jku` and `x5u` of the header are not looked at.
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
            // Refuses what was issued further in the future as well.
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

/** What is said of every token that does not work, whatever the reason. */
export function invalidToken(options: ErrorOptions = {}): UnauthenticatedError {
  return new UnauthenticatedError('The access token is not valid, or no longer. Log in again.', options);
}

/** Names a secret without giving it away. */
function keyId(secret: Uint8Array): string {
  return createHash('sha256').update('pressrun key id').update(secret).digest('base64url').slice(0, 16);
}
