import { expect, onTestFinished, vi } from 'vitest';
import { signUp } from '../../support/app.ts';
import { test } from '../../support/fixtures.ts';
import { open } from '../../support/raw-http.ts';
import { waitUntil } from '../../support/services/wait-until.ts';

test('a stream that has nothing to tell says every 25 s that it lives', async ({ app }) => {
  const account = await signUp(app);
  // The server's clock for what it does from now on, as it lives in this process.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const query = 'subscription { userEvents { __typename } }';
  const stream = await open(account.url, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${account.token}`,
    },
    body: JSON.stringify({ query }),
  });
  const pieces: string[] = [];
  stream.on('data', (piece) => pieces.push(String(piece)));
  stream.on('error', () => undefined);
  onTestFinished(() => void stream.destroy());
  await waitUntil('its snapshot', () => pieces.join('').includes('UserSnapshotEvent'));
  for (let beat = 1; beat <= 2; beat += 1) {
    const heard = pieces.length;
    vi.advanceTimersByTime(25_000);
    await waitUntil('a heartbeat', () => pieces.length > heard);
    expect(pieces.slice(heard)).toEqual([':\n\n']);
  }
});
