import { argon2, randomBytes, timingSafeEqual, type Argon2Parameters } from 'node:crypto';
import { promisify } from 'node:util';
import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import { ServiceUnavailableError } from '../../domain/errors/errors.ts';

export type Passwords = {
  /**
   * @returns a hash in the PHC string format. It holds its parameters, so it stays valid when these change.
   * @throws ServiceUnavailableError if too many hashes are waiting.
   */
  hash(password: string): Promise<string>;
  /**
   * Takes equally long whether or not there is a hash.
   *
   * @param stored what `hash` returned. No password matches undefined (no such user) or an empty one (deleted user).
   * @throws ServiceUnavailableError
   */
  matches(password: string, stored: string | undefined): Promise<boolean>;
};

/** argon2id with the parameters that OWASP's password storage cheat sheet names first (19 MiB, t = 2, p = 1). */
const parameters = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 };
/** Hashes at the same time: as many as libuv has threads. */
const maxConcurrent = 4;
/** Bounds the wait to a few seconds: a hash takes tens of milliseconds. */
const maxWaiting = 100;

const deriveKey = promisify((options: Argon2Parameters, done: (error: Error | null, key: Buffer) => void) =>
  argon2('argon2id', options, done),
);

/** Hashes passwords, a bounded number at a time. */
export function createPasswords(): Passwords {
  const queue = bulkhead(maxConcurrent, maxWaiting);
  const derive = (options: Argon2Parameters) =>
    queue
      .execute(() => deriveKey(options))
      .catch((error: unknown) => {
        throw error instanceof BulkheadRejectedError ? new ServiceUnavailableError({ cause: error }) : error;
      });

  async function hash(password: string): Promise<string> {
    const nonce = randomBytes(16);
    const key = await derive({ ...parameters, message: password, nonce });
    const { memory, passes, parallelism } = parameters;
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(key)}`;
  }

  return {
    hash,
    async matches(password, stored) {
      const isNone = stored === undefined || stored === '';
      const { nonce, expected, ...used } = isNone ? decoy : parse(stored);
      const actual = await derive({ ...used, tagLength: expected.length, message: password, nonce });
      return timingSafeEqual(expected, actual) && !isNone;
    },
  };
}

/** Hashed in place of a missing user, so that the time taken does not reveal whether the user exists. */
const decoy = { ...parameters, nonce: randomBytes(16), expected: randomBytes(parameters.tagLength) };

function parse(stored: string) {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(stored);
  if (parts === null) throw new Error('a stored password hash cannot be read');
  const [memory = 0, passes = 0, parallelism = 0] = parts.slice(1, 4).map(Number);
  const [nonce = Buffer.of(), expected = Buffer.of()] = parts
    .slice(4)
    .map((part) => Buffer.from(part, 'base64'));
  return { memory, passes, parallelism, nonce, expected };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/={1,2}$/, '');
}
