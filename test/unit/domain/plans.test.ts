import { describe, expect, it } from 'vitest';
import { fillItem, maxItemCharacters } from '../../../src/domain/plans/item.ts';
import { createSieve } from '../../../src/domain/plans/sieve.ts';
import { createItemReader } from '../../../src/domain/plans/streamed-items.ts';
import { windowsOf } from '../../../src/domain/plans/windows.ts';

describe('an answer that arrives in pieces', () => {
  const items = [
    { position: 1, hook: 'Braces } and ] in "quotes" \\' },
    { position: 2, parts: [{ deep: '{' }] },
    { position: 3, hook: '🚲' },
  ];
  const answer = JSON.stringify({ items });

  it('tells each item once, wherever it is cut', () => {
    for (let size = 1; size <= answer.length; size += 1) {
      const read = createItemReader();
      const pieces = Array.from({ length: Math.ceil(answer.length / size) }, (_, index) =>
        answer.slice(index * size, (index + 1) * size),
      );
      expect(pieces.flatMap(read)).toEqual(items);
    }
  });

  it('tells an item before the next one has come', () => {
    const read = createItemReader();
    expect(read(answer.slice(0, answer.indexOf(',{') + 1))).toEqual(items.slice(0, 1));
  });

  it('tells nothing where it is no JSON of that shape', () => {
    expect(createItemReader()('I cannot {do} that: [{"a": {nonsense}}]')).toEqual([]);
  });
});

describe('windows of a plan', () => {
  it('keep their names when a part of them is planned, and share no angle with the four next to them', () => {
    const all = Array.from({ length: 100 }, (_, index) => index + 1);
    const windows = windowsOf(all);
    expect(windows.map(({ from, to }) => [from, to])).toEqual([
      [1, 20],
      [21, 40],
      [41, 60],
      [61, 80],
      [81, 100],
    ]);
    expect(new Set(windows.flatMap(({ families }) => families)).size).toBe(25);
    expect(windowsOf([45, 46])).toMatchObject([{ from: 41, to: 60, positions: [45, 46] }]);
  });
});

describe('a sieve', () => {
  const item = {
    angle: 'A story',
    hook: 'Maya rides at six',
    keyMessage: 'Refills cost less than new tins.',
  };

  it('stops an item that is nearly the same as one before it', () => {
    const sieve = createSieve();
    sieve.add(item);
    expect(sieve.passes({ ...item, hook: 'And Maya rides at six!' })).toBe(false);
  });

  it('stops a hook that opens with the same words, and lets another one pass', () => {
    const sieve = createSieve();
    sieve.add(item);
    const other = { angle: 'A number', keyMessage: 'One tin lasts a year.' };
    expect(sieve.passes({ ...other, hook: 'MAYA rides: at noon, and home again' })).toBe(false);
    expect(sieve.passes({ ...other, hook: 'How often do you refill?' })).toBe(true);
  });
});

describe('an item', () => {
  const answered = { position: 1, angle: ' a ', hook: 'h', keyMessage: 'k', scene: 's', audience: 'u' };
  const nothing = { angle: null, hook: null, keyMessage: null, scene: null, audience: null };

  it('keeps the parts that a person gave, and cuts the others to their limits', () => {
    const long = { ...answered, scene: 's'.repeat(maxItemCharacters.scene + 1) };
    expect(fillItem({ ...nothing, hook: 'Mine' }, long)).toEqual({
      ...answered,
      angle: 'a',
      hook: 'Mine',
      scene: 's'.repeat(maxItemCharacters.scene),
    });
  });

  it('is none if a part is missing', () => {
    expect(fillItem(nothing, { ...answered, keyMessage: ' ' })).toBeUndefined();
  });
});
