import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Admission, AdmissionSettings } from '../../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { createRedisAdmission } from '../../../src/provider/admission/redis-admission.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

let connection: Redis;
beforeAll(() => {
  connection = new Redis(inject('redisUrl'), { commandTimeout: 60_000 });
});
afterAll(() => connection.disconnect());

const logger = createLogger('silent');

/** 60 images a minute: one a second, one at once. 6,000 requests: one each 10 ms, 100 at once. */
const usual = { maxSlots: 1_000, limitsPerMinute: { images: 60, requests: 6_000 } };
const image = { images: 1 };
const request = { requests: 1 };

describe.each(['memory', 'Redis'])('admission in %s', (kind) => {
  let now = 0;
  const open = async (settings: Partial<AdmissionSettings> = {}): Promise<Admission> => {
    const all = { ...usual, prefix: `{admission-${crypto.randomUUID()}}`, ...settings };
    const clock = () => now;
    return kind === 'memory'
      ? createMemoryAdmission(all, clock)
      : createRedisAdmission(connection, all, logger, clock);
  };
  const waits = async (admission: Admission, wanted: number, demand: Record<string, number>) =>
    (await admission.acquire(wanted, demand)).permits.map(({ waitMs }) => waitMs);
  const first = async (admission: Admission, demand: Record<string, number>) => {
    const { permits } = await admission.acquire(1, demand);
    expect(permits).toHaveLength(1);
    return permits[0] ?? { id: '', waitMs: 0 };
  };

  beforeEach(() => {
    now = 1_700_000_000_000;
  });

  describe('pace', () => {
    it('spaces jobs evenly, and says when to ask again for those beyond the horizon', async () => {
      const admission = await open();
      const { permits, retryInMs, reason } = await admission.acquire(10, image);
      expect(permits.map(({ waitMs }) => waitMs)).toEqual([0, 1_000, 2_000]);
      expect({ retryInMs, reason }).toEqual({ retryInMs: 1_000, reason: 'images' });
      now += retryInMs;
      expect(await waits(admission, 10, image)).toEqual([2_000]);
    });

    it('lets no more go at once than the burst', async () => {
      const admission = await open({ burstSeconds: 0.05 });
      expect(await waits(admission, 8, request)).toEqual([0, 0, 0, 0, 0, 10, 20, 30]);
    });

    it('saves nothing up beyond the burst while idle', async () => {
      const admission = await open();
      await first(admission, image);
      now += 60_000;
      expect(await waits(admission, 10, image)).toEqual([0, 1_000, 2_000]);
    });

    it('gives every permit a name of its own, and none that was not wanted', async () => {
      const admission = await open();
      const { permits, retryInMs, reason } = await admission.acquire(5, request);
      expect(new Set(permits.map(({ id }) => id)).size).toBe(5);
      expect({ retryInMs, reason }).toEqual({ retryInMs: 0, reason: undefined });
    });

    it('does not limit a bucket that has no limit', async () => {
      const admission = await open();
      expect(await waits(admission, 200, { unheard: 1_000_000 })).toEqual(
        Array.from({ length: 200 }, () => 0),
      );
    });

    it('lets a job pass that costs more than the burst, and makes the next one pay for it', async () => {
      const admission = await open({ horizonMs: 0 });
      await first(admission, { requests: 500 });
      now += 4_000;
      expect((await admission.acquire(1, request)).reason).toBe('requests');
      now += 10;
      await first(admission, request);
    });

    it('uses no more of a limit than the share that is set', async () => {
      const admission = await open({ utilisation: 0.5 });
      expect(await waits(admission, 5, image)).toEqual([0, 2_000]);
    });

    it('refuses a cost that is none', async () => {
      const admission = await open();
      await expect(admission.acquire(1, { images: -1 })).rejects.toThrow(RangeError);
    });
  });

  describe('all or nothing', () => {
    it('takes nothing from a bucket when another one stands in the way', async () => {
      const admission = await open({ horizonMs: 0 });
      await first(admission, image);
      const { permits, reason } = await admission.acquire(1, { ...image, requests: 100 });
      expect({ permits, reason }).toEqual({ permits: [], reason: 'images' });
      await first(admission, { requests: 100 });
    });

    it('takes nothing from the buckets when no slot is free', async () => {
      const admission = await open({ maxSlots: 1, horizonMs: 0 });
      const holder = await first(admission, {});
      expect((await admission.acquire(1, image)).reason).toBe('slots');
      await admission.release([holder.id]);
      await first(admission, image);
    });

    it('counts a job in every bucket at the time it starts, not earlier', async () => {
      const admission = await open({ limitsPerMinute: { images: 60, captions: 60 } });
      await first(admission, image);
      expect((await first(admission, { ...image, captions: 1 })).waitMs).toBe(1_000);
      expect((await first(admission, { captions: 1 })).waitMs).toBe(2_000);
    });
  });

  describe('slots', () => {
    it('holds no more jobs than slots, and frees one on release', async () => {
      const admission = await open({ maxSlots: 3 });
      const { permits, reason, retryInMs } = await admission.acquire(5, request);
      expect([permits.length, reason]).toEqual([3, 'slots']);
      expect(retryInMs).toBeGreaterThan(0);
      await admission.release([permits[0]?.id ?? '']);
      expect((await admission.acquire(5, request)).permits).toHaveLength(1);
    });

    it('frees one slot, not two, when a permit is released twice', async () => {
      const admission = await open({ maxSlots: 2 });
      const { permits } = await admission.acquire(2, request);
      for (let times = 0; times < 2; times += 1) await admission.release([permits[0]?.id ?? '']);
      expect((await admission.acquire(2, request)).permits).toHaveLength(1);
    });

    it('lets further calls of a running job wait for the limits, and for no slot', async () => {
      const admission = await open({ maxSlots: 1 });
      await first(admission, image);
      const further = () => admission.acquire(1, image, { isInHand: true });
      expect((await further()).permits).toMatchObject([{ waitMs: 1_000 }]);
      expect((await further()).permits).toMatchObject([{ waitMs: 2_000 }]);
      expect(await further()).toMatchObject({ permits: [], reason: 'images' });
      expect((await admission.state()).slotsInUse).toBe(1);
    });

    it('gives what new jobs have not booked yet to the calls of running ones first', async () => {
      const admission = await open({ horizonMs: 1_000 });
      expect(await waits(admission, 10, image)).toEqual([0, 1_000]);
      const { permits } = await admission.acquire(1, image, { isInHand: true });
      expect(permits).toMatchObject([{ waitMs: 2_000 }]);
      now += 1_000;
      expect(await waits(admission, 10, image)).toEqual([]);
    });

    it('frees the slots of a holder that is gone after their time', async () => {
      const admission = await open({ maxSlots: 1, slotTtlMs: 15_000 });
      await first(admission, {});
      now += 14_999;
      expect((await admission.acquire(1, {})).reason).toBe('slots');
      now += 1;
      await first(admission, {});
    });

    it('keeps the slots of a holder that says it is alive', async () => {
      const admission = await open({ maxSlots: 1, slotTtlMs: 15_000 });
      const { id } = await first(admission, {});
      now += 10_000;
      await admission.renew([id]);
      now += 14_000;
      expect((await admission.acquire(1, {})).reason).toBe('slots');
    });
  });

  describe('settling', () => {
    it('gives back what was reserved and not used', async () => {
      const admission = await open({ horizonMs: 0, burstSeconds: 10 });
      const { id } = await first(admission, { requests: 1_000 });
      expect((await admission.acquire(1, request)).permits).toEqual([]);
      await admission.release([id], { requests: 400 });
      await first(admission, { requests: 400 });
      expect((await admission.acquire(1, request)).permits).toEqual([]);
    });

    it('gives it back once', async () => {
      const admission = await open({ horizonMs: 0, burstSeconds: 10 });
      const { id } = await first(admission, { requests: 1_000 });
      for (let times = 0; times < 2; times += 1) await admission.release([id], { requests: 400 });
      expect((await admission.acquire(1, { requests: 401 })).permits).toEqual([]);
    });

    it('charges what was used beyond the reservation, even to an idle bucket', async () => {
      const admission = await open({ horizonMs: 0 });
      const { id } = await first(admission, image);
      now += 10_000;
      await admission.release([id], { images: -2 });
      expect((await admission.acquire(1, image)).permits).toEqual([]);
      now += 2_000;
      await first(admission, image);
    });

    it('loses nothing when permits are acquired for jobs that do not come', async () => {
      const admission = await open();
      for (let round = 0; round < 20; round += 1) {
        const { permits } = await admission.acquire(3, image);
        expect(permits.map(({ waitMs }) => waitMs)).toEqual([0, 1_000, 2_000]);
        for (const { id } of permits) await admission.release([id], image);
      }
    });
  });

  describe('limits that change', () => {
    it('goes by a learned limit at once, what is reserved included', async () => {
      const admission = await open({ limitsPerMinute: { images: 600 } });
      expect((await admission.acquire(200, image)).permits).toHaveLength(30);
      await admission.learnLimit('images', 120);
      // 30 images are taken: 15 s at the new rate, less the horizon and the burst of 2 images.
      now += 15_000 - 2_000 - 500 - 1;
      expect((await admission.acquire(1, image)).reason).toBe('images');
      now += 1;
      expect(await waits(admission, 3, image)).toEqual([2_000]);
    });

    it('does not put new calls before those that are reserved when a limit rises', async () => {
      const admission = await open();
      expect(await waits(admission, 3, image)).toEqual([0, 1_000, 2_000]);
      await admission.learnLimit('images', 120);
      now += 500;
      expect(await waits(admission, 1, image)).toEqual([2_000]);
    });

    it('forgets a cut that was a mistake', async () => {
      const admission = await open();
      await admission.acquire(3, image);
      await admission.learnLimit('images', 12);
      await admission.learnLimit('images', 60);
      now += 1_000;
      expect(await waits(admission, 1, image)).toEqual([2_000]);
    });

    it('limits a bucket that had no limit', async () => {
      const admission = await open();
      await admission.learnLimit('unheard', 60);
      expect(await waits(admission, 5, { unheard: 1 })).toEqual([0, 1_000, 2_000]);
    });

    it.each([0, -5, Number.NaN])('ignores a limit of %s', async (limit) => {
      const admission = await open();
      await admission.learnLimit('images', limit);
      expect((await admission.state()).limitsPerMinute['images']).toBe(60);
    });

    it('slows a bucket down at most once a second, to a tenth at the least', async () => {
      const admission = await open();
      const rate = async () => (await admission.state()).limitsPerMinute['images'];
      await admission.slowDown('images');
      await admission.slowDown('images');
      expect(await rate()).toBeCloseTo(42);
      for (let second = 0; second < 20; second += 1) {
        now += 1_000;
        await admission.slowDown('images');
      }
      expect(await rate()).toBeCloseTo(6);
    });

    it('recovers step by step, once a second, up to the limit', async () => {
      const admission = await open();
      const rate = async () => (await admission.state()).limitsPerMinute['images'];
      await admission.slowDown('images');
      for (let half = 0; half < 2; half += 1) {
        now += 500;
        await admission.recover('images');
      }
      expect(await rate()).toBeCloseTo(60 * 0.72);
      for (let second = 0; second < 20; second += 1) {
        now += 1_000;
        await admission.recover('images');
      }
      expect(await rate()).toBe(60);
    });

    it('spaces jobs by the slower rate after a 429', async () => {
      const admission = await open();
      await admission.slowDown('images');
      expect(await waits(admission, 2, image)).toEqual([0, 1_429]);
    });
  });

  describe('drain', () => {
    it('lets one job go after the wait that the provider asked for, with a unit of slack, and no burst behind it', async () => {
      const admission = await open({ limitsPerMinute: { images: 600 }, horizonMs: 60_000 });
      await admission.drain('images', 500);
      expect(await waits(admission, 4, image)).toEqual([600, 700, 800, 900]);
    });

    it('keeps to it when jobs give back what they had reserved before', async () => {
      const admission = await open({ limitsPerMinute: { images: 600 }, horizonMs: 60_000 });
      const { permits } = await admission.acquire(20, image);
      await admission.drain('images', 500);
      await admission.release(
        permits.map(({ id }) => id),
        image,
      );
      expect(await waits(admission, 2, image)).toEqual([600, 700]);
    });
  });

  describe('pause', () => {
    it('gives nobody a permit before it has passed', async () => {
      const admission = await open();
      await admission.pause(700);
      expect(await admission.acquire(1, {})).toEqual({ permits: [], retryInMs: 700, reason: 'paused' });
      now += 700;
      await first(admission, {});
    });

    it('holds to the later of two', async () => {
      const admission = await open();
      await admission.pause(5_000);
      await admission.pause(1_000);
      expect((await admission.state()).pausedForMs).toBe(5_000);
    });

    it('is bounded, and asks callers to look again within a second', async () => {
      const admission = await open({ maxPauseMs: 120_000 });
      await admission.pause(86_400_000);
      expect((await admission.state()).pausedForMs).toBe(120_000);
      expect((await admission.acquire(1, {})).retryInMs).toBe(1_000);
    });
  });

  it('tells how many slots are in use and what is admitted a minute', async () => {
    const admission = await open();
    await admission.acquire(3, request);
    expect(await admission.state()).toEqual({
      slotsInUse: 3,
      limitsPerMinute: { images: 60, requests: 6_000 },
      pausedForMs: 0,
      alone: false,
    });
  });
});
