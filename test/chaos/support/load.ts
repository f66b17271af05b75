import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateCampaignDocument,
  RegisterDocument,
  StartBatchDocument,
} from '../../../client/generated/graphql.ts';
import { createClient, expectResult, followBatch } from '../../../client/index.ts';

/** What an ordinary client sees of all the batches that it started. */
export type Load = {
  started(): number;
  /** Posts whose result was told to the client. */
  settled(): number;
  batches(): number;
  /** Starts no more batches, and waits until the client has seen every one end. */
  finish(deadlineMs: number): Promise<void>;
  /** Batches whose stored events came to the client with a hole, twice, or never to their end. */
  faults(): string[];
};

/**
 * Keeps at least `ahead` posts open, in batches of `postCount` with a campaign each, so that no two posts ask for
 * the same prompt. Follows each batch. A request that fails is sent again with its idempotency key.
 */
export async function startLoad(settings: { url: string; ahead: number; postCount: number }): Promise<Load> {
  const { url, ahead, postCount } = settings;
  const anonymous = createClient({ url });
  const { register } = await anonymous.run(RegisterDocument, {
    input: { email: 'chaos@example.com', password: 'correct horse' },
  });
  const { accessToken: token } = expectResult(register, 'Login');
  const client = createClient({ url, token });
  const followed: Promise<void>[] = [];
  const faults: string[] = [];
  let settled = 0;
  const finishing = new AbortController();
  let batches = 0;
  const stop = new AbortController();

  async function startOne(number: number): Promise<void> {
    const { createCampaign } = await again(() =>
      client.run(CreateCampaignDocument, {
        input: {
          name: `Chaos ${number}`,
          brand: `Alpenglow ${number}`,
          description: 'A light roast from small farms, sold in refillable tins.',
          tone: 'FRIENDLY',
          targetAudience: 'City people who cycle to work',
          language: 'en',
          channel: 'INSTAGRAM',
        },
      }),
    );
    const campaignId = expectResult(createCampaign, 'Campaign').id;
    const input = { campaignId, postCount, idempotencyKey: `chaos-${number}` };
    const { startBatch } = await again(() => client.run(StartBatchDocument, { input }));
    batches += 1;
    followed.push(follow(expectResult(startBatch, 'Batch').id));
  }

  async function again<T>(send: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (stop.signal.aborted) throw error;
        await delay(250);
      }
    }
  }

  async function follow(batchId: string): Promise<void> {
    const posts = new Set<string>();
    let counted = 0;
    let cursor: string | undefined;
    for (;;) {
      try {
        const events = followBatch({ url, token, batchId, after: cursor, signal: stop.signal });
        for await (const event of events) {
          cursor = event.cursor;
          if (event.__typename === 'PostCompletedEvent') {
            settled += 1;
            counted += 1;
            posts.add(event.post.id);
          }
        }
        break;
      } catch (error) {
        if (stop.signal.aborted) {
          faults.push(`${batchId}: its end was never told`);
          return;
        }
        // A database that is away answers with an error; a client that wants its posts comes back.
        if (!(error instanceof Error)) throw error;
        await delay(250);
      }
    }
    if (posts.size !== postCount || counted !== postCount)
      faults.push(`${batchId}: ${counted} events of ${posts.size} posts, not of ${postCount}`);
  }

  async function feed(): Promise<void> {
    for (let number = 1; !finishing.signal.aborted;) {
      if (batches * postCount - settled >= ahead) await delay(50);
      else await startOne(number++);
    }
  }

  const feeding = feed();
  return {
    started: () => batches * postCount,
    settled: () => settled,
    batches: () => batches,
    faults: () => faults,
    async finish(deadlineMs) {
      finishing.abort();
      const timer = setTimeout(() => stop.abort(new Error('out of time')), deadlineMs);
      await feeding;
      await Promise.all(followed);
      clearTimeout(timer);
    },
  };
}
