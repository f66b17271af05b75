import { ServiceUnavailableError } from '../../src/domain/errors/errors.ts';
import type { Work } from '../../src/domain/runs/work.ts';
import { createDispatcher } from '../../src/engine/dispatcher.ts';
import type { Lane } from '../../src/engine/lane.ts';
import { fixedSlots, type Slots } from '../../src/engine/slots.ts';
import type { AdmissionSettings, Demand } from '../../src/provider/admission/admission.ts';
import { createMemoryAdmission } from '../../src/provider/admission/memory-admission.ts';
import type { Jobs } from '../../src/store/jobs/jobs.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

/** A job that runs until the test ends it, or its lane's `jobMs` have passed. */
type Run = {
  work: Work;
  signal: AbortSignal;
  onMade: (used: Demand) => void;
} & PromiseWithResolvers<boolean>;

export type StagedLane = ReturnType<typeof stageLane>;

/** What a lane is, other than its queue. */
export type LaneSettings = {
  slots?: number | Slots;
  demand?: Demand;
  isShort?: boolean;
  /** How long each job runs, ms; undefined: until the test ends it. */
  jobMs?: number;
};

/** A lane whose queue, models and jobs do as they are told. */
export function stageLane(
  queue: string,
  { slots = 10, demand = { images: 1 }, isShort = false, jobMs }: LaneSettings = {},
) {
  let waiting: { job: string; position: number }[] = [];
  const fetches: number[] = [];
  const touches: (readonly string[])[] = [];
  const releases: { job: string; countsAsAttempt: boolean }[] = [];
  const runs = new Map<string, Run>();
  /** When each job was started, by Date.now(). */
  const startedAt = new Map<string, number>();
  const lost = new Set<string>();
  const models = { allowance: 100 };

  const lane: Lane = {
    handler: {
      queue,
      demand: () => demand,
      begin: async (jobs) => jobs.map(({ id }) => workOf(id)),
      run(work, signal, onMade) {
        const run = { work, signal, onMade, ...Promise.withResolvers<boolean>() };
        signal.addEventListener('abort', () => run.reject(signal.reason));
        runs.set(work.jobId, run);
        startedAt.set(work.jobId, Date.now());
        if (jobMs !== undefined) setTimeout(() => run.resolve(true), jobMs);
        return run.promise.finally(() => runs.delete(work.jobId));
      },
      held: async (leases) => new Set(leases.filter((lease) => !lost.has(lease))),
      release: async ({ jobId: job }, { countsAsAttempt }) => void releases.push({ job, countsAsAttempt }),
    },
    slots: typeof slots === 'number' ? fixedSlots(slots) : slots,
    isShort,
    allowance: () => models.allowance,
  };
  return {
    lane,
    fetches,
    touches,
    releases,
    startedAt,
    lost,
    models,
    running: () => [...runs.keys()],
    run(job: string): Run {
      const run = runs.get(job);
      if (run === undefined) throw new Error(`${job} does not run`);
      return run;
    },
    /** Puts jobs into the queue, at positions from this one on. Nobody is told. */
    addAt(position: number, ...jobs: string[]) {
      const added = jobs.map((job, index) => ({ job, position: position + index }));
      waiting = [...waiting, ...added].toSorted((a, b) => a.position - b.position);
    },
    /** Takes the first jobs out of the queue. */
    take: (count: number) => waiting.splice(0, count),
    waiting: () => waiting.map(({ job }) => job),
  };
}

/** A dispatcher over lanes that do as they are told; admission is the real one. @param slots of the pool. */
export function stageDispatcher(
  lanes: readonly StagedLane[],
  { slots = 100, admission: settings = {} }: { slots?: number; admission?: Partial<AdmissionSettings> } = {},
) {
  const admission = createMemoryAdmission({ maxSlots: 1_000, limitsPerMinute: {}, ...settings });
  const listeners = new Set<(queue: string) => void>();
  let pause = () => {};
  const database = { isAway: false };
  function stagedAs(queue: string): StagedLane {
    const found = lanes.find(({ lane }) => lane.handler.queue === queue);
    if (found === undefined) throw new Error(`no lane has the queue ${queue}`);
    return found;
  }
  const jobs: Pick<Jobs, 'fetch' | 'hasDue' | 'touch' | 'onWork'> = {
    async hasDue(queue) {
      if (database.isAway) throw new ServiceUnavailableError();
      return stagedAs(queue).waiting().length > 0;
    },
    async fetch(queue, count) {
      if (database.isAway) throw new ServiceUnavailableError();
      const { fetches, take } = stagedAs(queue);
      fetches.push(count);
      return take(count).map(({ job, position }) => ({
        id: job,
        queue,
        data: undefined,
        priority: -position,
        fetchedAt: new Date(),
      }));
    },
    touch: async (queue, ids) => void stagedAs(queue).touches.push(ids),
    onWork(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const dispatcher = createDispatcher({
    jobs,
    admission,
    lanes: lanes.map(({ lane }) => lane),
    slots,
    slotsPerWorkspace: undefined,
    onPause: (listener) => (pause = listener),
    logger: createLogger('silent'),
  });
  return {
    dispatcher,
    admission,
    database,
    tell: (queue: string) => listeners.forEach((listener) => listener(queue)),
    pause: () => pause(),
  };
}

function workOf(jobId: string): Work {
  const owner = { ownerId: 'owner', campaignId: 'campaign', batchId: 'batch' };
  return {
    ...owner,
    runId: `run of ${jobId}`,
    kind: 'write-post',
    payload: {},
    jobId,
    subjectId: jobId,
    leaseId: `lease of ${jobId}`,
    attempt: 1,
    isLastAttempt: false,
  };
}
