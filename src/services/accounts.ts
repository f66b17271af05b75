import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { promisify } from 'node:util';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { EmailTakenError, UnauthenticatedError, WrongCredentialsError } from '../domain/errors.ts';
import type { Database } from '../store/database.ts';
import { Prisma, type User } from '../store/generated/prisma/client.ts';
import { parseInput } from './validation.ts';

/** Who asks: a logged-in account. */
export type Viewer = { userId: string; sessionId: string; expiresAt: Date };

export type Login = { user: User; accessToken: string; expiresAt: Date };

export type Accounts = {
  /** @throws InvalidInputError, EmailTakenError */
  register(input: { email: string; password: string }): Promise<Login>;
  /** @throws InvalidInputError, WrongCredentialsError */
  login(input: { email: string; password: string }): Promise<Login>;
  /**
   * @param token an access token.
   * @throws UnauthenticatedError for any token that is not valid now.
   */
  authenticate(token: string): Promise<Viewer>;
  me(viewer: Viewer): Promise<User | null>;
};

const accessTokenHours = 12;
const issuer = 'pressrun';

const credentials = z.object({
  email: z
    .string()
    .max(254, 'must have at most 254 characters')
    .transform((email) => email.trim().toLowerCase())
    .pipe(z.email('must be an email address')),
  // A longer one is refused before it costs a hash.
  password: z.string().min(8, 'must have at least 8 characters').max(128, 'must have at most 128 characters'),
});

/**
 * @param secret signs access tokens; at least 32 bytes.
 */
export function createAccounts(database: Database, secret: Uint8Array): Accounts {
  const { prisma } = database;

  async function openSession(user: User): Promise<Login> {
    const expiresAt = new Date(Date.now() + accessTokenHours * 3_600_000);
    const session = await prisma.session.create({ data: { userId: user.id, expiresAt } });
    const accessToken = await new SignJWT({ sid: session.id })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(issuer)
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(secret);
    return { user, accessToken, expiresAt };
  }

  return {
    async register(input) {
      const { email, password } = parseInput(credentials, input);
      const passwordHash = await hashPassword(password);
      const user = await prisma.user.create({ data: { email, passwordHash } }).catch((error: unknown) => {
        if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')
          throw new EmailTakenError();
        throw error;
      });
      return openSession(user);
    },
    async login(input) {
      const { email, password } = parseInput(credentials, input);
      const user = await prisma.user.findUnique({ where: { email } });
      // An unknown address costs a hash as well, so that the time taken does not tell who has an account.
      const matches = await verifyPassword(password, user?.passwordHash ?? (await decoyHash()));
      if (user === null || !matches) throw new WrongCredentialsError();
      return openSession(user);
    },
    async authenticate(token) {
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ['HS256'],
          typ: 'at+jwt',
          issuer,
          audience: issuer,
          requiredClaims: ['sub', 'sid', 'exp'],
        });
        const claims = claimsSchema.parse(payload);
        return { userId: claims.sub, sessionId: claims.sid, expiresAt: new Date(claims.exp * 1000) };
      } catch (cause) {
        throw new UnauthenticatedError('The access token is not valid, or no longer. Log in again.', {
          cause,
        });
      }
    },
    me: (viewer) => prisma.user.findUnique({ where: { id: viewer.userId } }),
  };
}

const claimsSchema = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.number() });

/** argon2id with the parameters that OWASP's password storage cheat sheet names first (19 MiB, t = 2, p = 1). */
const parameters = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };
const deriveKey = promisify((options: Argon2Parameters, done: (error: Error | null, key: Buffer) => void) =>
  argon2('argon2id', options, done),
);

/** In the PHC string format, so that passwords hashed with other parameters stay valid when these change. */
async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const key = await deriveKey({ ...parameters, message: password, nonce });
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(key)}`;
}

async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  if (parts === null) throw new Error('a stored password hash cannot be read');
  const [memory = 0, passes = 0, parallelism = 0] = parts.slice(1, 4).map(Number);
  const [nonce = Buffer.of(), expected = Buffer.of()] = parts
    .slice(4)
    .map((part) => Buffer.from(part, 'base64'));
  const tagLength = expected.length;
  const actual = await deriveKey({ memory, passes, parallelism, tagLength, message: password, nonce });
  return timingSafeEqual(expected, actual);
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

let decoy: Promise<string> | undefined;
function decoyHash(): Promise<string> {
  decoy ??= hashPassword(randomBytes(16).toString('hex'));
  return decoy;
}
