import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { networkOf } from '../../domain/addresses.ts';
import { RateLimitedError } from '../../domain/errors/errors.ts';

/** The limits; see docs/configuration.md. */
export type RateLimitSettings = {
  /** Operations a minute of one workspace. Each top-level field counts, so an alias counts like another request. */
  perUser: number;
  /** Operations a minute from one address. */
  perAddress: number;
  /** Operations a minute of all clients, at this instance. */
  global: number;
  /** Failed logins in 15 minutes, for one email from one address. */
  logins: number;
  /** Logins in 15 minutes from one address, for any email. */
  loginsPerAddress: number;
  /** Registrations in an hour from one address. */
  registrationsPerAddress: number;
};

/** Undefined if allowed at once, which is the usual case and needs no wait. */
export type Allowed = Promise<void> | undefined;

/** Every call rejects with RateLimitedError above the limit. Addresses are the clients' network addresses. */
export type RateLimits = {
  /** Counts a request before it is read. */
  request(address: string): Allowed;
  /** Counts an operation. @param fields its top-level fields, each of which counts like a request. */
  operation(client: { workspaceId: string | undefined; address: string }, fields: number): Allowed;
  /** Counts an attempt before the password is hashed. By email and address, so that nobody can lock out somebody else. */
  attemptLogin(email: string, address: string): Promise<void>;
  /** Forgets the failed attempts after a right password. */
  forgiveLogin(email: string, address: string): Promise<void>;
  attemptRegistration(address: string): Promise<void>;
  attemptRefresh(address: string): Promise<void>;
};

const minute = 60;

/**
 * @param redis where instances share their counts. While it is away, and if undefined, each instance counts for itself.
 */
export function createRateLimits(settings: RateLimitSettings, redis: Redis | undefined): RateLimits {
  const limiter = (name: string, points: number, duration: number): RateLimiterAbstract => {
    const options = { keyPrefix: `pressrun:limit:${name}`, points, duration };
    const memory = new RateLimiterMemory(options);
    if (redis === undefined) return memory;
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      insuranceLimiter: memory,
      rejectIfRedisNotReady: true,
      // Refuses clients above the limit without asking Redis.
      inMemoryBlockOnConsumed: points,
    });
  };
  const perWorkspace = inBlocks(limiter('user', settings.perUser, minute));
  const perAddress = inBlocks(limiter('address', settings.perAddress, minute));
  const global = inBlocks(new RateLimiterMemory({ points: settings.global, duration: minute }));
  const logins = limiter('login', settings.logins, 15 * minute);
  const loginsPerAddress = limiter('login-address', settings.loginsPerAddress, 15 * minute);
  const registrations = limiter('registration', settings.registrationsPerAddress, 60 * minute);
  const refreshes = limiter('refresh', settings.perAddress, minute);

  return {
    request: (address) => andThen(global('all', 1), () => perAddress(networkOf(address), 1)),
    operation: ({ workspaceId, address }, fields) =>
      andThen(fields > 1 ? perAddress(networkOf(address), fields - 1) : undefined, () =>
        workspaceId === undefined ? undefined : perWorkspace(workspaceId, fields),
      ),
    async attemptLogin(email, address) {
      await consume(loginsPerAddress, networkOf(address));
      await consume(logins, loginKey(email, address));
    },
    async forgiveLogin(email, address) {
      await logins.delete(loginKey(email, address));
    },
    attemptRegistration: (address) => consume(registrations, networkOf(address)),
    attemptRefresh: (address) => consume(refreshes, networkOf(address)),
  };
}

function andThen(first: Allowed, next: () => Allowed): Allowed {
  return first === undefined ? next() : inTurn(first, next);
}

async function inTurn(first: Promise<void>, next: () => Allowed): Promise<void> {
  await first;
  await next();
}

async function consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    throw tooMany(refusal);
  }
}

/** Turns a limiter's refusal into RateLimitedError. Returns anything else as it is. */
function tooMany(refusal: unknown): unknown {
  if (!(refusal instanceof RateLimiterRes)) return refusal;
  return new RateLimitedError(Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
}

/** Keys whose blocks are remembered. A forgotten key loses the rest of its block. */
const maxBlocks = 10_000;

/**
 * Takes points from the limiter in blocks of a hundredth of the limit, so that most requests do not wait for Redis. The
 * instances never exceed the limit together. Points that an instance has not used are lost when the window ends.
 */
function inBlocks(limiter: RateLimiterAbstract) {
  const size = Math.max(1, Math.floor(limiter.points / 100));
  const blocks = new LRUCache<string, { left: number; until: number }>({ max: maxBlocks });
  const underWay = new Map<string, Promise<void>>();

  function spend(key: string, points: number): boolean {
    const block = blocks.get(key);
    if (block === undefined || block.left < points || block.until <= performance.now()) return false;
    block.left -= points;
    return true;
  }

  function keep(key: string, points: number, msBeforeNext: number): void {
    const now = performance.now();
    const block = blocks.get(key);
    const left = block !== undefined && block.until > now ? block.left : 0;
    blocks.set(key, { left: left + points, until: now + msBeforeNext });
  }

  async function take(key: string, points: number): Promise<void> {
    try {
      keep(key, points, (await limiter.consume(key, points)).msBeforeNext);
    } catch (refusal) {
      // Near the limit, less than a block is left.
      const consumed = refusal instanceof RateLimiterRes ? refusal.consumedPoints : 0;
      const rest = consumed === 0 ? 0 : limiter.points - (consumed - points);
      if (!(refusal instanceof RateLimiterRes) || rest <= 0) throw tooMany(refusal);
      keep(key, rest, refusal.msBeforeNext);
    } finally {
      underWay.delete(key);
    }
  }

  async function spendLater(key: string, points: number): Promise<void> {
    do {
      let taking = underWay.get(key);
      if (taking === undefined) {
        taking = take(key, Math.max(size, points));
        underWay.set(key, taking);
      }
      await taking;
    } while (!spend(key, points));
  }

  return (key: string, points: number): Allowed => (spend(key, points) ? undefined : spendLater(key, points));
}

/** Hashed, because Redis must not reveal who tries to log in. */
function loginKey(email: string, address: string): string {
  return createHash('sha256')
    .update(`${networkOf(address)} ${email}`)
    .digest('base64url');
}
