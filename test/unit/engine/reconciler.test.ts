import { expect, it, onTestFinished, vi } from 'vitest';
import { createLocalBus } from '../../../src/events/bus.ts';
import { createReconciler, type Source } from '../../../src/engine/reconciler.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

function reconcilerOf(sources: readonly Source[]) {
  return createReconciler({ sources, bus: createLocalBus(), logger: createLogger('silent') });
}

it('work that fails keeps no other work waiting', async () => {
  let left = 20;
  const reconciler = reconcilerOf([
    { next: () => Promise.reject(new Error('an account whose deletion fails')) },
    { next: () => Promise.resolve((left -= 1) > 0) },
  ]);
  await reconciler.start();
  await waitUntil('the other work to be done', async () => left <= 0);
  await reconciler.stop();
  expect(left).toBe(0);
});

it('a stop does not wait for the rest after a long part', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let parts = 0;
  const reconciler = reconcilerOf([
    {
      async next() {
        parts += 1;
        vi.advanceTimersByTime(3_600_000);
        return true;
      },
    },
  ]);
  await reconciler.start();
  // A rest is longer than the part before it: hours, where it is not ended.
  await reconciler.stop();
  expect(parts).toBe(1);
});
