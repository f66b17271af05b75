import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { LeaseLostError, type Work } from '../../../src/domain/runs/work.ts';
import { createDispatcher, type Dispatcher } from '../../../src/engine/dispatcher.ts';
import { fixedSlots, learnedSlots, type Slots } from '../../../src/engine/slots.ts';
import type { AdmissionSettings, Demand } from '../../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

let dispatcher: Dispatcher | undefined;
beforeEach(() => void vi.useFakeTimers());
afterEach(async () => {
  const stopped = dispatcher?.stop(0);
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  vi.useRealTimers();
});

/** A job that runs until the test ends it. */
type Run = {
  work: Work;
  signal: AbortSignal;
  onMade: (used: Demand) => void;
} & PromiseWithResolvers<boolean>;

/** A dispatcher with a queue, a provider and jobs that do as they are told; admission is the real one. */
function setUp({
  slots = 10,
  admission: settings = {},
}: { slots?: number | Slots; admission?: Partial<AdmissionSettings> } = {}) {
  const admission = createMemoryAdmission({ maxSlots: 100, limitsPerMinute: {}, ...settings });
  const queue: string[] = [];
  const fetches: number[] = [];
  const touches: (readonly string[])[] = [];
  const releases: { job: string; countsAsAttempt: boolean }[] = [];
  const runs = new Map<string, Run>();
  const lost = new Set<string>();
  let wake = (_queue: string) => {};
  let pause = () => {};
  const state = { allowance: 100, isAway: false };

  dispatcher = createDispatcher({
    jobs: {
      async fetch(_queue, count) {
        if (state.isAway) throw new ServiceUnavailableError();
        fetches.push(count);
        return queue
          .splice(0, count)
          .map((id) => ({ id, queue: 'posts', data: undefined, fetchedAt: new Date() }));
      },
      touch: async (_queue, ids) => void touches.push(ids),
      onWork(listener) {
        wake = listener;
        return () => (wake = () => {});
      },
    },
    admission,
    handler: {
      queue: 'posts',
      demand: () => ({ images: 1 }),
      begin: async (jobs) => jobs.map(({ id }) => workOf(id)),
      run(work, signal, onMade) {
        const run = { work, signal, onMade, ...Promise.withResolvers<boolean>() };
        signal.addEventListener('abort', () => run.reject(signal.reason));
        runs.set(work.jobId, run);
        return run.promise.finally(() => runs.delete(work.jobId));
      },
      held: async (leases) => new Set(leases.filter((lease) => !lost.has(lease))),
      release: async ({ jobId: job }, { countsAsAttempt }) => void releases.push({ job, countsAsAttempt }),
    },
    slots: typeof slots === 'number' ? fixedSlots(slots) : slots,
    slotsPerWorkspace: undefined,
    provider: { allowance: () => state.allowance, onPause: (listener) => (pause = listener) },
    logger: createLogger('silent'),
  });
  const { start, stop } = dispatcher;
  return {
    start,
    stop,
    admission,
    fetches,
    touches,
    releases,
    lost,
    state,
    running: () => [...runs.keys()],
    run(job: string): Run {
      const run = runs.get(job);
      if (run === undefined) throw new Error(`${job} does not run`);
      return run;
    },
    /** Puts jobs into the queue. Nobody is told. */
    add: (...jobs: string[]) => void queue.push(...jobs),
    tell: () => wake('posts'),
    pause: () => pause(),
    waiting: () => queue,
  };
}

function workOf(jobId: string): Work {
  const owner = { ownerId: 'owner', campaignId: 'campaign', batchId: 'batch' };
  return {
    ...owner,
    jobId,
    subjectId: jobId,
    leaseId: `lease of ${jobId}`,
    attempt: 1,
    isLastAttempt: false,
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
    const { start, add, waiting, running } = setUp({ admission: { limitsPerMinute: { images: 60 } } });
    add('a', 'b');
    start();
    await pass(999);
    expect(running()).toEqual(['a']);
    waiting().unshift('urgent');
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
    const { start, add, state, running, admission } = setUp({ admission: { maxSlots: 1 } });
    state.isAway = true;
    add('a');
    start();
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 0 });
    state.isAway = false;
    await pass(1_000);
    expect(running()).toEqual(['a']);
  });
});

describe('a provider that may not be called', () => {
  it('costs no fetch, and jobs go on within a tenth of a second when it may be', async () => {
    const { start, add, state, fetches, running } = setUp();
    state.allowance = 0;
    add('a');
    start();
    await pass(950);
    expect(fetches).toEqual([]);
    state.allowance = 1;
    await pass(100);
    expect(running()).toEqual(['a']);
  });

  it('takes back the permits that wait for their moment', async () => {
    const { start, add, state, pause, running, admission } = setUp({
      admission: { limitsPerMinute: { images: 60 } },
    });
    add('a', 'b', 'c');
    start();
    await pass(0);
    expect(await admission.state()).toMatchObject({ slotsInUse: 3 });
    state.allowance = 0;
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
