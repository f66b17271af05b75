import { setTimeout as delay } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import { expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../src/domain/errors/errors.ts';
import { Subscriber } from '../../../src/graphql/subscriptions/subscriber.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

it('a subscriber who leaves while its events cannot be read is let go at once, not after the next attempt', async () => {
  let attempts = 0;
  let isCounted = false;
  const subscriber = new Subscriber(
    {
      follow: async function* () {},
      execute() {
        attempts += 1;
        return Promise.reject(new ServiceUnavailableError());
      },
      mask: (error) => new GraphQLError(String(error)),
      audience() {
        throw new Error('it never gets so far');
      },
      enter: () => void (isCounted = true),
      leave: () => void (isCounted = false),
    },
    { kind: 'user', seq: 0, at: new Date(), batches: [] },
  );
  const delivered = subscriber.deliver({ push: () => true, drained: () => Promise.resolve() });
  // The next attempt is 0.8 to 2.4 s away.
  await waitUntil('five attempts', () => attempts === 5);
  subscriber.leave();
  await Promise.race([delivered, delay(600)]);
  expect(isCounted).toBe(false);
  expect(attempts).toBe(5);
  await delivered;
});
