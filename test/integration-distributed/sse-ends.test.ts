import { expect, it } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from '../support/app.ts';
import { startPostgres } from '../support/services/postgres.ts';

it('a stream over SSE breaks off while the database is away: it says when to come back, and no message takes the place of an event', async () => {
  await using postgres = await startPostgres();
  await using app = await startTestApp({ DATABASE_URL: await postgres.createDatabase() });
  const account = await signUp(app);
  app.simulator.control.setLatency({
    captionLatencyMs: { p05: 600_000, p95: 600_000 },
    imageLatencyMs: { p05: 600_000, p95: 600_000 },
  });
  const id = await startBatch(account, { campaignId: await createCampaign(account), postCount: 1 });
  const response = await fetch(account.url, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${account.token}`,
    },
    body: JSON.stringify({
      query: 'subscription ($id: ID!) { batchEvents(batchId: $id) { cursor } }',
      variables: { id },
    }),
  });
  await postgres.stop();
  const text = await response.text();
  expect(text).toMatch(/\n\nretry: 1000\n\n$/);
  expect(text).not.toMatch(/undefined|errors|complete/);
  await postgres.restart();
});
