import { expect, it } from 'vitest';
import { createMemoryLevel } from '../../../src/cache/memory-level.ts';

const open = (maxBytes = 1_000_000) =>
  createMemoryLevel<string>({ maxBytes, maxOwnerBytes: maxBytes, ttlMs: 60_000 });
const entry = (value: string, ...tags: string[]) => ({ value, tags, bytes: 100, owner: 'owner' });

it('gives what was filled until one of its tags is touched', () => {
  const level = open();
  level.fill('key', entry('value', 'a', 'b'), level.now());
  level.invalidate(['c']);
  expect(level.get('key')).toBe('value');
  level.invalidate(['b']);
  expect(level.get('key')).toBeUndefined();
});

it('refuses what was read before a change and filled after it', () => {
  const level = open();
  const since = level.now();
  level.invalidate(['a']);
  level.fill('key', entry('old', 'a'), since);
  expect(level.get('key')).toBeUndefined();
  level.fill('key', entry('new', 'a'), level.now());
  expect(level.get('key')).toBe('new');
});

it('refuses what was read before everything was forgotten', () => {
  const level = open();
  const since = level.now();
  level.clear();
  level.fill('key', entry('old', 'a'), since);
  expect(level.get('key')).toBeUndefined();
});

it('refuses what was read before the oldest change that it remembers', () => {
  const level = open();
  const since = level.now();
  level.invalidate(['a']);
  level.invalidate(Array.from({ length: 20_001 }, (_, place) => `other:${place}`));
  level.fill('key', entry('old', 'a'), since);
  expect(level.get('key')).toBeUndefined();
});

it('stays below its bytes, and forgets first what was used longest ago', () => {
  const level = open(8_000);
  for (const key of ['first', 'second']) level.fill(key, entry(key, key), level.now());
  for (let place = 0; place < 50; place += 1) {
    expect(level.get('first')).toBe('first');
    level.fill(`key:${place}`, entry('value', 'a'), level.now());
    expect(level.bytes).toBeLessThanOrEqual(8_000);
  }
  expect(level.get('second')).toBeUndefined();
  expect(level.get('key:49')).toBe('value');
});

it('gives nothing past its time', async () => {
  const level = createMemoryLevel<string>({ maxBytes: 1_000_000, maxOwnerBytes: 1_000_000, ttlMs: 1 });
  level.fill('key', entry('value', 'a'), level.now());
  await expect.poll(() => level.get('key')).toBeUndefined();
  expect(level.bytes).toBe(0);
});

it('lets no owner push out what another one has', () => {
  const level = createMemoryLevel<string>({ maxBytes: 100_000, maxOwnerBytes: 25_000, ttlMs: 60_000 });
  level.fill('quiet', { ...entry('value', 'a'), owner: 'quiet' }, level.now());
  for (let place = 0; place < 1_000; place += 1) {
    level.fill(`busy:${place}`, { ...entry('value', 'b'), owner: 'busy' }, level.now());
  }
  expect(level.get('quiet')).toBe('value');
  expect(level.get('busy:999')).toBe('value');
  expect(level.get('busy:0')).toBeUndefined();
  expect(level.bytes).toBeLessThanOrEqual(26_000);
});
