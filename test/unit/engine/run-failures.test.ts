import { expect, it } from 'vitest';
import { ProviderError, type ProviderErrorCode } from '../../../src/domain/errors/provider-errors.ts';
import type { Work } from '../../../src/domain/runs/work.ts';
import { createRunFailures } from '../../../src/engine/run-failures.ts';
import { BudgetRefusedError, NotRunningError } from '../../../src/engine/steps.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

const inBatch: Work = {
  runId: 'run',
  kind: 'write-post',
  payload: {},
  jobId: 'job',
  subjectId: 'subject',
  ownerId: 'owner',
  campaignId: 'campaign',
  batchId: 'batch',
  leaseId: 'lease',
  attempt: 1,
  isLastAttempt: false,
};
const alone: Work = { ...inBatch, campaignId: null, batchId: null };
const refusal = new BudgetRefusedError({
  reason: 'MONTHLY_BUDGET_EXCEEDED',
  neededMicros: 1n,
  monthlyMicros: 0n,
  at: new Date(),
});

/** @returns what is done about a failed run, in order. @param failures how often its steps have failed so before. */
async function deeds(work: Work, error: unknown, failures = 1): Promise<unknown[]> {
  const done: unknown[] = [];
  const act = createRunFailures<Work>({
    release: async (_, { countsAsAttempt, delaySeconds = 0 }) =>
      done.push(`back ${countsAsAttempt ? 'after an attempt' : `in ${delaySeconds} s`}`),
    settleFailed: async (_, { code }) => done.push(`ended: ${code}`),
    pauseFor: async (id, code) => void done.push(`paused ${id}: ${code}`),
    async awaitBudget(id) {
      done.push(`waits for the budget of ${id}`);
      return true;
    },
    ledger: { failures: async () => failures },
    logger: createLogger('silent'),
  });
  await act(work, ['step'], error);
  return done;
}

const back = 'back in 0 s';
const later = 'back in 30 s';
const again = 'back after an attempt';

it.each<[ProviderErrorCode, Partial<Work>, number, unknown[], unknown[]]>([
  ['QUOTA_EXHAUSTED', {}, 1, ['paused batch: QUOTA_EXHAUSTED', back], [later]],
  [
    'PROVIDER_ANSWERS_USELESS',
    {},
    1,
    ['paused batch: PROVIDER_ANSWERS_USELESS', back],
    ['ended: PROVIDER_ANSWERS_USELESS'],
  ],
  ['RATE_LIMITED', { isLastAttempt: true }, 39, [back], [back]],
  ['RATE_LIMITED', { isLastAttempt: true }, 40, ['ended: RATE_LIMITED'], ['ended: RATE_LIMITED']],
  ['PROVIDER_DOWN', { isLastAttempt: true }, 1, [back], [back]],
  ['PROVIDER_UNAVAILABLE', {}, 1, [again], [again]],
  [
    'PROVIDER_UNAVAILABLE',
    { isLastAttempt: true },
    1,
    ['ended: PROVIDER_UNAVAILABLE'],
    ['ended: PROVIDER_UNAVAILABLE'],
  ],
  ['BAD_ANSWER', { attempt: 3 }, 2, [again], [again]],
  ['BAD_ANSWER', { attempt: 3 }, 3, ['ended: BAD_ANSWER'], ['ended: BAD_ANSWER']],
  ['CONTENT_REFUSED', {}, 1, ['ended: CONTENT_REFUSED'], ['ended: CONTENT_REFUSED']],
])(
  'after %s (%o, %i times) work of a batch and work without one end as they must',
  async (code, part, failures, ofBatch, without) => {
    const error = new ProviderError(code);
    expect(await deeds({ ...inBatch, ...part }, error, failures)).toEqual(ofBatch);
    expect(await deeds({ ...alone, ...part }, error, failures)).toEqual(without);
  },
);

it('work that a budget refuses goes back first, and then its batch waits or pauses; without a batch it waits itself', async () => {
  expect(await deeds(inBatch, refusal)).toEqual(['back in 0.5 s', 'waits for the budget of batch']);
  expect(await deeds(alone, refusal)).toEqual([later]);
});

it('work that may not buy now goes back', async () => {
  expect(await deeds(inBatch, new NotRunningError())).toEqual([back]);
  expect(await deeds(alone, new NotRunningError())).toEqual([later]);
});

it('a bug is thrown on', async () => {
  const bug = new TypeError('undefined is not a function');
  await expect(deeds(inBatch, bug)).rejects.toBe(bug);
});
