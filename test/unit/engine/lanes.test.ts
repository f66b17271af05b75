import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstQueuePosition } from '../../../src/domain/runs/fair-share.ts';
import type { Dispatcher } from '../../../src/engine/dispatcher.ts';
import {
  stageDispatcher,
  stageLane,
  type LaneSettings,
  type StagedLane,
} from '../../support/dispatcher-stage.ts';

let dispatcher: Dispatcher | undefined;
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  await stop();
  vi.useRealTimers();
});

async function stop(): Promise<void> {
  const stopped = dispatcher?.stop(0);
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
}

/** A dispatcher with two lanes. Which queues they have does not matter. */
function setUp(
  settings: { one?: LaneSettings; other?: LaneSettings },
  pool: Parameters<typeof stageDispatcher>[1] = {},
) {
  const one = stageLane('posts', { slots: 100, ...settings.one });
  const other = stageLane('pruning', { slots: 100, ...settings.other });
  const staged = stageDispatcher([one, other], pool);
  dispatcher = staged.dispatcher;
  return { ...staged, ...staged.dispatcher, one, other };
}

/** Lets `ms` milliseconds pass. 0: only what is due at once. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const jobs = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name} ${index}`);
const total = (...lanes: StagedLane[]) => lanes.reduce((sum, lane) => sum + lane.running().length, 0);

describe('a lane that cannot go on holds no other up', () => {
  it('while its limit gives no permit', async () => {
    const { start, one, other } = setUp(
      { one: { demand: { images: 1 } }, other: { demand: { texts: 1 } } },
      { slots: 4, admission: { limitsPerMinute: { images: 6 } } },
    );
    one.addAt(0, ...jobs('image', 100));
    other.addAt(50, ...jobs('text', 100));
    start();
    await pass(1_000);
    expect([one.running().length, other.running().length]).toEqual([1, 3]);
  });

  it('while its permits wait for their moment, and takes the slot after that', async () => {
    const { start, one, other, tell } = setUp(
      { one: { demand: { images: 1 } }, other: { demand: { texts: 1 } } },
      { slots: 1, admission: { limitsPerMinute: { images: 60 } } },
    );
    one.addAt(0, 'image 0', 'image 1');
    start();
    await pass(0);
    one.run('image 0').resolve(true);
    await pass(100);
    other.addAt(5, 'text 0', 'text 1');
    tell('pruning');
    await pass(0);
    expect([one.running(), other.running()]).toEqual([[], ['text 0']]);
    await pass(5_000);
    other.run('text 0').resolve(true);
    await pass(0);
    expect([one.running(), other.running()]).toEqual([['image 1'], []]);
  });

  it.each([
    ['', 100],
    [', also where its jobs are of two times', 3],
  ])('while its models are away, and earns no credit by it%s', async (_when, earlyJobs) => {
    const { start, one, other } = setUp(
      { one: { jobMs: 1_000 }, other: { jobMs: 1_000 } },
      { slots: 1, admission: { maxSlots: 1 } },
    );
    one.models.allowance = 0;
    one.addAt(0, ...jobs('early', earlyJobs));
    one.addAt(15, ...jobs('late', 100 - earlyJobs));
    other.addAt(0, ...jobs('text', 100));
    start();
    await pass(19_500);
    expect(other.startedAt.size).toBe(20);
    expect(one.fetches).toEqual([]);
    one.models.allowance = 100;
    await pass(20_000);
    expect(one.startedAt.size + other.startedAt.size).toBe(40);
    expect(Math.abs(one.startedAt.size - 10)).toBeLessThanOrEqual(1);
  });
});

describe('the pool', () => {
  it('is never passed by all lanes together, as jobs come and go', async () => {
    const { start, one, other } = setUp({ one: { jobMs: 700 }, other: { jobMs: 1_100 } }, { slots: 7 });
    one.addAt(0, ...jobs('a', 60));
    other.addAt(0, ...jobs('b', 60));
    start();
    const counts: number[] = [];
    for (let index = 0; index < 100; index += 1) {
      await pass(100);
      counts.push(total(one, other));
    }
    expect(Math.max(...counts)).toBe(7);
  });

  it('is not passed when permits of two lanes become valid at once: one of them is given back', async () => {
    const { start, one, other, admission } = setUp(
      { one: { demand: { images: 1 } }, other: { demand: { texts: 1 } } },
      { slots: 1, admission: { limitsPerMinute: { images: 60, texts: 60 } } },
    );
    one.addAt(0, 'a 0', 'a 1');
    other.addAt(0, 'b 0', 'b 1');
    start();
    await pass(0);
    one.run('a 0').resolve(true);
    await pass(0);
    other.run('b 0').resolve(true);
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 2 });
    await pass(1_100);
    expect(await admission.state()).toMatchObject({ slotsInUse: 1 });
    expect([one.running(), other.running()]).toEqual([['a 1'], []]);
    one.run('a 1').resolve(true);
    await pass(0);
    expect(other.running()).toEqual(['b 1']);
  });

  it('frees the slots of jobs that write their results, but at most as many as there are', async () => {
    const { start, one, other } = setUp({}, { slots: 2 });
    one.addAt(0, ...jobs('a', 10));
    other.addAt(0, ...jobs('b', 10));
    start();
    for (let index = 0; index < 4; index += 1) {
      await pass(0);
      for (const lane of [one, other]) for (const job of lane.running()) lane.run(job).onMade({ images: 1 });
    }
    await pass(1_000);
    expect(total(one, other)).toBe(4);
  });
});

it('an idle lane does not disturb the pace of a busy one that shares its limit', async () => {
  const { start, one } = setUp(
    { one: { slots: 60, jobMs: 10_000 }, other: { isShort: true } },
    { slots: 60, admission: { limitsPerMinute: { images: 60 } } },
  );
  one.addAt(0, ...jobs('post', 200));
  start();
  await pass(60_000);
  const startedAt = [...one.startedAt.values()];
  const gaps = startedAt.slice(1).map((ms, index) => ms - (startedAt[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(40);
  expect(Math.min(...gaps)).toBeGreaterThan(900);
});

describe('short work', () => {
  it('has slots of its own, a tenth as many, so that it does not wait for thousands of other jobs', async () => {
    const { start, one, other, tell } = setUp({ other: { isShort: true } }, { slots: 20 });
    one.addAt(0, ...jobs('post', 100));
    start();
    await pass(5_000);
    expect(one.running()).toHaveLength(20);
    other.addAt(100, ...jobs('again', 5));
    tell('pruning');
    await pass(0);
    expect(other.running()).toEqual(['again 0', 'again 1']);
  });

  it('goes first until it has its share, also where all instances together are at their limit', async () => {
    const { start, one, other, tell } = setUp(
      { other: { isShort: true } },
      { slots: 20, admission: { maxSlots: 5 } },
    );
    one.addAt(0, ...jobs('post', 100));
    other.addAt(100, 'again 0');
    start();
    await pass(0);
    other.run('again 0').resolve(true);
    await pass(0);
    expect(one.running()).toHaveLength(5);
    other.addAt(101, 'again 1');
    tell('pruning');
    await pass(0);
    one.run('post 0').resolve(true);
    await pass(0);
    expect(other.running()).toEqual(['again 1']);
  });

  it('has a slot of its own where others have one', async () => {
    const { start, one, other } = setUp({ other: { isShort: true } }, { slots: 1 });
    one.addAt(0, ...jobs('post', 3));
    other.addAt(100, ...jobs('again', 3));
    start();
    await pass(1_000);
    expect([one.running(), other.running()]).toEqual([['post 0'], ['again 0']]);
  });
});

describe('order between lanes', () => {
  it('is that of positions: the lane that is furthest behind gets the next slot', async () => {
    const { start, one, other } = setUp({}, { slots: 2 });
    one.addAt(0, ...jobs('a', 3));
    one.addAt(50, 'late');
    other.addAt(0, 'b 0');
    other.addAt(10, 'b 1', 'b 2');
    start();
    const started = () => [...one.startedAt.keys(), ...other.startedAt.keys()];
    await pass(0);
    expect(started()).toEqual(['a 0', 'b 0']);
    other.run('b 0').resolve(true);
    await pass(0);
    expect(one.running()).toEqual(['a 0', 'a 1']);
    one.run('a 0').resolve(true);
    await pass(0);
    expect(other.running()).toEqual(['b 1']);
    for (const job of ['a 1', 'a 2']) {
      one.run(job).resolve(true);
      await pass(0);
    }
    expect([one.running(), other.running()]).toEqual([['late'], ['b 1']]);
    one.run('late').resolve(true);
    await pass(0);
    expect(other.running()).toEqual(['b 1', 'b 2']);
  });

  it('does not count a lane without jobs', async () => {
    const { start, one, other } = setUp({ one: { jobMs: 1_000 }, other: { jobMs: 1_000 } }, { slots: 2 });
    other.addAt(0, 'b');
    one.addAt(10, ...jobs('a', 20));
    start();
    await pass(10_500);
    expect(one.startedAt.size).toBe(20);
  });

  it('gives a workspace with two kinds of work no double share', async () => {
    const { start, one, other } = setUp({ one: { jobMs: 1_000 }, other: { jobMs: 1_000 } }, { slots: 4 });
    one.addAt(0, ...jobs('first', 100));
    one.addAt(0, ...jobs('second', 100));
    other.addAt(100, ...jobs('first', 100));
    start();
    await pass(40_500);
    const counts = ['first', 'second'].map(
      (workspace) => [...one.startedAt.keys()].filter((job) => job.startsWith(workspace)).length,
    );
    expect(Math.abs((counts[0] ?? 0) - (counts[1] ?? 0))).toBeLessThanOrEqual(1);
    // Before its position was known.
    expect(other.startedAt.size).toBe(2);
  });
});

describe('a workspace whose article takes one step after another beside 5,000 posts of somebody else', () => {
  const stepMs = 4_000;
  const postMs = 10_000;
  const steps = 8;

  /** @returns how long each step waited, ms. */
  async function waits(posts: number, pool: Parameters<typeof stageDispatcher>[1]): Promise<number[]> {
    const { start, one, other, tell } = setUp(
      { one: { jobMs: postMs, demand: { texts: 1 } }, other: { jobMs: stepMs, demand: { texts: 1 } } },
      pool,
    );
    one.addAt(0, ...jobs('post', posts));
    start();
    // Then posts end at different times.
    await pass(30_000);
    const waited: number[] = [];
    for (let step = 0; step < steps; step += 1) {
      const name = `step ${step}`;
      const orderedAt = Date.now();
      const serving = [...one.running()].map((job) => Number(job.split(' ')[1]));
      other.addAt(firstQueuePosition({ serving: Math.max(0, ...serving) }), name);
      tell('pruning');
      while (!other.startedAt.has(name)) await pass(10);
      waited.push((other.startedAt.get(name) ?? Number.NaN) - orderedAt);
      await pass(stepMs);
    }
    await stop();
    return waited;
  }

  it.each([
    ['slots', { slots: 10 }, postMs],
    ['a limit that both need', { slots: 200, admission: { limitsPerMinute: { texts: 60 } } }, stepMs],
    ['slots and a limit', { slots: 10, admission: { limitsPerMinute: { texts: 60 } } }, postMs],
  ])(
    'waits at each step at most twice as long as alone, and one call, for %s',
    async (_what, pool, callMs) => {
      const alone = await waits(0, pool);
      const beside = await waits(5_000, pool);
      for (const [step, ms] of beside.entries())
        expect(ms).toBeLessThanOrEqual(2 * (alone[step] ?? Number.NaN) + callMs);
    },
  );
});
