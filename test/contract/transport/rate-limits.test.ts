import { describe, expect, inject, it } from 'vitest';
import { RateLimitedError } from '../../../src/domain/errors/errors.ts';
import { createRateLimits, type RateLimits } from '../../../src/services/accounts/rate-limits.ts';
import { openRedis } from '../../../src/store/redis.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

const perUser = 1_000;
const settings = {
  perUser,
  perAddress: 1_000_000,
  global: 1_000_000,
  logins: 10,
  loginsPerAddress: 10,
  registrationsPerAddress: 10,
};

/** Asks so many times, by turns of these instances. @returns how often it was let through. */
async function granted(
  instances: readonly RateLimits[],
  workspaceId: string,
  times: number,
): Promise<number> {
  const asked = Array.from({ length: times }, async (_, turn) => {
    try {
      await instances[turn % instances.length]?.operation({ workspaceId, address: '203.0.113.1' }, 1);
      return 1;
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      return 0;
    }
  });
  return (await Promise.all(asked)).reduce<number>((sum, one) => sum + one, 0);
}

describe('a limit that is taken a hundredth at a time', () => {
  it('lets through what it says, alone', async () => {
    expect(await granted([createRateLimits(settings, undefined)], 'a', 1_500)).toBe(perUser);
  });

  it('is never passed by several instances together, and all but used up', async () => {
    await using opened = new AsyncDisposableStack();
    const instances = [];
    for (let count = 0; count < 3; count += 1) {
      const redis = await openRedis(inject('redisUrl'), createLogger('silent'));
      opened.defer(() => redis.disconnect());
      instances.push(createRateLimits(settings, redis));
    }
    const count = await granted(instances, crypto.randomUUID(), 2_000);
    expect(count).toBeLessThanOrEqual(perUser);
    // At most a block of each is left unused.
    expect(count).toBeGreaterThan(perUser - instances.length * (perUser / 100));
  });

  it('counts an operation of several fields as so many, also near the end', async () => {
    const limits = createRateLimits({ ...settings, perUser: 250 }, undefined);
    const ask = (fields: number) => limits.operation({ workspaceId: 'a', address: '203.0.113.1' }, fields);
    await ask(249);
    await expect(ask(2)).rejects.toThrow(RateLimitedError);
    await ask(1);
    await expect(ask(1)).rejects.toThrow(RateLimitedError);
  });
});
