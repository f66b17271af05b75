import { expect, it } from 'vitest';
import { groupWrites } from '../../../src/store/grouped-writes.ts';

/** A group whose writes wait until they are let go. */
function heldGroup(maxSize = 100) {
  const groups: number[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const add = groupWrites<number, string>(async (items) => {
    groups.push(items);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return items.map((item) => `wrote ${item}`);
  }, maxSize);
  return { add, groups, gate: (index: number) => gates[index] };
}

/** Lets the tick end. */
const tick = () => Promise.resolve();

it('writes one item alone at the end of its tick', async () => {
  const { add, groups } = heldGroup();
  void add(1);
  await tick();
  expect(groups).toEqual([[1]]);
});

it('writes together what comes in one tick', async () => {
  const { add, groups } = heldGroup();
  for (const item of [1, 2, 3]) void add(item);
  await tick();
  expect(groups).toEqual([[1, 2, 3]]);
});

it('writes together what comes while another group is being written', async () => {
  const { add, groups, gate } = heldGroup();
  const first = add(1);
  await tick();
  const rest = [add(2), add(3)];
  gate(0)?.resolve();
  await first;
  expect(groups).toEqual([[1], [2, 3]]);
  gate(1)?.resolve();
  expect(await Promise.all(rest)).toEqual(['wrote 2', 'wrote 3']);
});

it('writes no group larger than it may be, and leaves nothing out', async () => {
  const sizes: number[] = [];
  const add = groupWrites<number, number>(async (items) => {
    sizes.push(items.length);
    return items;
  }, 3);
  const all = Array.from({ length: 11 }, (_, index) => index);
  expect(await Promise.all(all.map(add))).toEqual(all);
  expect(Math.max(...sizes)).toBe(3);
});

it('rejects every item of a group that could not be written, and none of the next', async () => {
  let failures = 1;
  const add = groupWrites<number, number>(async (items) => {
    if (items.length > 1 && failures-- > 0) throw new Error('the database is gone');
    return items;
  }, 2);
  const settled = await Promise.allSettled([add(1), add(2), add(3), add(4)]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
});

it('rejects the items that a short answer leaves out', async () => {
  const add = groupWrites<number, number>(async (items) => items.slice(1), 2);
  await expect(add(1)).rejects.toThrow('a group was answered short');
});

it('writes what has another key at the same time', async () => {
  const gate = Promise.withResolvers<void>();
  const write = async (items: string[]) => {
    if (items.includes('locked')) await gate.promise;
    return items;
  };
  const add = groupWrites<string, string>(write, 10, (item) => item);
  const locked = add('locked');
  expect(await add('free')).toBe('free');
  gate.resolve();
  expect(await locked).toBe('locked');
});
