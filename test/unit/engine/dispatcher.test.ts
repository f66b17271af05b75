import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { LeaseLostError } from '../../../src/domain/runs/work.ts';
import type { Dispatcher } from '../../../src/engine/dispatcher.ts';
import { learnedSlots, type Slots } from '../../../src/engine/slots.ts';
import type { AdmissionSettings } from '../../../src/provider/admission/admission.ts';
import { stageDispatcher, stageLane } from '../../support/dispatcher-stage.ts';

let dispatcher: Dispatcher | undefined;
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  const stopped = dispatcher?.stop(0);
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  vi.useRealTimers();
});

/** A dispatcher with one lane. */
function setUp({
  slots = 10,
  admission = {},
}: { slots?: number | Slots; admission?: Partial<AdmissionSettings> } = {}) {
  const lane = stageLane('posts', { slots });
  const staged = stageDispatcher([lane], { admission });
  dispatcher = staged.dispatcher;
  return {
    ...lane,
    ...staged,
    ...staged.dispatcher,
    add: (...jobs: string[]) => lane.addAt(0, ...jobs),
    tell: () => staged.tell('posts'),
  };
}

/** Lets `ms` milliseconds pass. 0: only what is due at once. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('fetching', () => {
  it('takes no more jobs than there are permits', async () => {
    const { start, add, running, waiting, run } = setUp({ admission: { maxSlots: 2 } });
    add('a', 'b', 'c');
    start();
    await pass(0);
    expect(running()).toEqual(['a', 'b']);
    expect(waiting()).toEqual(['c']);
    run('a').resolve(true);
    await pass(0);
    expect(running()).toEqual(['b', 'c']);
  });

  it('takes no more jobs than this instance has slots', async () => {
    const { start, add, running, fetches } = setUp({ slots: 3 });
    add('a', 'b', 'c', 'd');
    start();
    await pass(5_000);
    expect(running()).toEqual(['a', 'b', 'c']);
    expect(fetches).toEqual([3]);
  });

  it('takes each job at the moment of its permit and not before, so that one that comes first by then goes first', async () => {
    const { start, add, addAt, running } = setUp({ admission: { limitsPerMinute: { images: 60 } } });
    add('a', 'b');
    start();
    await pass(999);
    expect(running()).toEqual(['a']);
    addAt(-1, 'urgent');
    await pass(1);
    expect(running()).toEqual(['a', 'urgent']);
    await pass(1_000);
    expect(running()).toEqual(['a', 'urgent', 'b']);
  });

  it('takes a job at once when it is told of it', async () => {
    const { start, add, tell, running } = setUp();
    start();
    await pass(10);
    add('a');
    tell();
    await pass(0);
    expect(running()).toEqual(['a']);
  });

  it('finds a job within a second when nobody tells it', async () => {
    const { start, add, running } = setUp();
    start();
    await pass(10);
    add('a');
    await pass(1_000);
    expect(running()).toEqual(['a']);
  });

  it('gives permits back when the queue is empty', async () => {
    const { start, admission } = setUp({ admission: { limitsPerMinute: { images: 60 } } });
    start();
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 0 });
    expect((await admission.acquire(1, { images: 1 })).permits[0]?.waitMs).toBe(0);
  });

  it('tries again when the database was away, and loses no permit by it', async () => {
    const { start, add, database, running, admission } = setUp({ admission: { maxSlots: 1 } });
    database.isAway = true;
    add('a');
    start();
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 0 });
    database.isAway = false;
    await pass(1_000);
    expect(running()).toEqual(['a']);
  });
});

describe('a provider that may not be called', () => {
  it('costs no fetch, and jobs go on within a tenth of a second when it may be', async () => {
    const { start, add, models, fetches, running } = setUp();
    models.allowance = 0;
    add('a');
    start();
    await pass(950);
    expect(fetches).toEqual([]);
    models.allowance = 1;
    await pass(100);
    expect(running()).toEqual(['a']);
  });

  it('takes back the permits that wait for their moment', async () => {
    const { start, add, models, pause, running, admission } = setUp({
      admission: { limitsPerMinute: { images: 60 } },
    });
    add('a', 'b', 'c');
    start();
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 3 });
    models.allowance = 0;
    pause();
    expect(await admission.state()).toMatchObject({ slotsInUse: 1 });
    await pass(5_000);
    expect(running()).toEqual(['a']);
  });
});

describe('a job that runs', () => {
  it('is said to be alive every three seconds, and keeps its slot', async () => {
    const { start, add, touches, admission } = setUp({ admission: { slotTtlMs: 15_000 } });
    add('a');
    start();
    await pass(60_000);
    expect(touches).toEqual(Array.from({ length: 20 }, () => ['a']));
    expect(await admission.state()).toMatchObject({ slotsInUse: 1 });
  });

  it('is aborted within half a second when its lease is lost, and is not handed back', async () => {
    const { start, add, lost, run, running, releases } = setUp();
    add('a', 'b');
    start();
    await pass(10);
    const { signal } = run('a');
    lost.add('lease of a');
    await pass(500);
    expect(signal.reason).toBeInstanceOf(LeaseLostError);
    expect(running()).toEqual(['b']);
    expect(releases).toEqual([]);
  });

  it('frees its slot when only writing its end is left', async () => {
    const { start, add, run, running } = setUp({ slots: 1, admission: { maxSlots: 1 } });
    add('a', 'b', 'c');
    start();
    await pass(0);
    run('a').onMade({ images: 1 });
    await pass(0);
    expect(running()).toEqual(['a', 'b']);
  });

  it.each([
    ['by itself counts as an attempt', new TypeError('a bug'), true],
    ['as the database is away counts as none', new ServiceUnavailableError(), false],
  ])('and fails %s', async (_what, failure, countsAsAttempt) => {
    const { start, add, run, releases, admission } = setUp();
    add('a');
    start();
    await pass(0);
    run('a').reject(failure);
    await pass(0);
    expect(releases).toEqual([{ job: 'a', countsAsAttempt }]);
    expect(await admission.state()).toMatchObject({ slotsInUse: 0 });
  });
});

describe('slots that follow the limits', () => {
  const learned = () =>
    learnedSlots({ demand: () => ({ images: 1 }), atLeast: 2, atMost: 50, firstGuessMs: 10_000 });
  const jobs = (count: number) => Array.from({ length: count }, (_, index) => `job ${index}`);

  it('become as many as the limits need once a job runs', async () => {
    const { start, add, running } = setUp({
      slots: learned(),
      admission: { limitsPerMinute: { images: 60 }, horizonMs: 0 },
    });
    add(...jobs(40));
    start();
    await pass(0);
    expect(running().length).toBeLessThanOrEqual(2);
    await pass(30_000);
    expect(running()).toHaveLength(Math.ceil(10 + 2 * Math.sqrt(10)));
  });

  it('grow with the time that jobs hold them, and not with failures that come at once', async () => {
    const slots = learned();
    const { start, add, run, running } = setUp({
      slots,
      admission: { limitsPerMinute: { images: 60 }, horizonMs: 0 },
    });
    add(...jobs(60));
    start();
    await pass(15_000);
    const before = slots.count();
    for (const job of running()) run(job).resolve(false);
    await pass(100);
    expect(slots.count()).toBe(before);
    await pass(60_000);
    for (const job of running()) run(job).resolve(true);
    await pass(100);
    expect(slots.count()).toBeGreaterThan(before);
  });
});

describe('a stop', () => {
  it('takes no more jobs and waits for those that run', async () => {
    const { start, stop, add, tell, run, running, waiting, releases } = setUp({ slots: 1 });
    add('a', 'b');
    start();
    await pass(0);
    const stopped = stop(10_000);
    tell();
    await pass(5_000);
    expect(running()).toEqual(['a']);
    run('a').resolve(true);
    await stopped;
    expect(waiting()).toEqual(['b']);
    expect(releases).toEqual([]);
  });

  it('aborts what still runs after the grace and hands it back; that costs no attempt', async () => {
    const { start, stop, add, releases, admission } = setUp();
    add('a', 'b');
    start();
    await pass(0);
    const stopped = stop(10_000);
    await pass(9_999);
    expect(releases).toEqual([]);
    await pass(1);
    await stopped;
    expect(releases).toEqual(['a', 'b'].map((job) => ({ job, countsAsAttempt: false })));
    expect(await admission.state()).toMatchObject({ slotsInUse: 0 });
  });

  it('says of jobs that run out their grace that they are alive', async () => {
    const { start, stop, add, touches } = setUp();
    add('a');
    start();
    await pass(1_000);
    const stopped = stop(10_000);
    await pass(9_000);
    expect(touches).toHaveLength(3);
    await pass(1_000);
    await stopped;
  });
});
