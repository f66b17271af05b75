import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { keepTrying } from '../../../src/store/keep-trying.ts';

const limits = { forMs: 1_000, pauseMs: 5 };

it('a write that cannot be done is given up after its time, however long an attempt takes', async () => {
  let attempts = 0;
  const write = async () => {
    attempts += 1;
    await delay(50);
    throw new ServiceUnavailableError();
  };
  await expect(keepTrying(write, limits)).rejects.toBeInstanceOf(ServiceUnavailableError);
  expect(attempts).toBeGreaterThan(1);
  expect(attempts).toBeLessThan(30);
});

it('a write is done when the database is back', async () => {
  let attempts = 0;
  const write = async () => {
    attempts += 1;
    if (attempts < 3) throw new ServiceUnavailableError();
    return 'written';
  };
  expect(await keepTrying(write, { ...limits, forMs: 60_000 })).toBe('written');
});

it('what is no trouble of the database is not tried again', async () => {
  let attempts = 0;
  const write = () => {
    attempts += 1;
    return Promise.reject(new TypeError('a bug'));
  };
  await expect(keepTrying(write, limits)).rejects.toThrow('a bug');
  expect(attempts).toBe(1);
});
