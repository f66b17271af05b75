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

/** How much is allowed; see docs/configuration.md. */
export type RateLimitSettings = {
  /** Operations a minute: top-level fields, so that an alias counts like a request of its own. */
  perUser: number;
  perAddress: number;
  /** Of all clients together, at this instance. */
  global: number;
  /** Failed log-ins in 15 minutes, of one account from one address. */
  logins: number;
  /** Log-ins in 15 minutes from one address, whatever the account. */
  loginsPerAddress: number;
  /** Accounts opened in an hour from one address. */
  registrationsPerAddress: number;
};

/** What is mostly allowed at once: undefined then, so that nobody waits. */
export type Allowed = Promise<void> | undefined;

/** Every call rejects with RateLimitedError where it is one too many. Addresses are the clients' network addresses. */
export type RateLimits = {
  /** Counts a request before anything of it is read. */
  request(address: string): Allowed;
  /** @param fields top-level fields of the operation, each of which counts like a request of its own. */
  operation(client: { workspaceId: string | undefined; address: string }, fields: number): Allowed;
  /** Counts an attempt before it costs a hash. By account and address, so that nobody can lock out somebody else. */
  attemptLogin(email: string, address: string): Promise<void>;
  /** After a right password the wrong ones before it are forgotten. */
  forgiveLogin(email: string, address: string): Promise<void>;
  attemptRegistration(address: string): Promise<void>;
  attemptRefresh(address: string): Promise<void>;
};

const minute = 60;

/**
 * @param redis where instances count together; while it is away, and where there is none, each counts for itself.
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
      // Who is past the limit is refused from memory.
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
      await consume(logins, accountKey(email, address));
    },
    async forgiveLogin(email, address) {
      await logins.delete(accountKey(email, address));
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

/** What a limiter rejects with, in our words; anything else as it is. */
function tooMany(refusal: unknown): unknown {
  if (!(refusal instanceof RateLimiterRes)) return refusal;
  return new RateLimitedError(Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
}

/** Keys whose blocks are remembered; one that is forgotten takes its next block a little early. */
const maxBlocks = 10_000;

/**
 * Takes points a hundredth of the limit at a time and gives them out by itself, so that most requests wait for
 * nobody. Together the instances never give out more than the limit: what one has taken and not used is lost
 * when the window ends.
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
      // Near the limit there is less than a block.
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

/** Hashed: whose accounts are tried is nobody's business who can read Redis. */
function accountKey(email: string, address: string): string {
  return createHash('sha256')
    .update(`${networkOf(address)} ${email}`)
    .digest('base64url');
}
