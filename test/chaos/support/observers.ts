import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import {
  createClient,
  CreateCampaignDocument,
  expectResult,
  RegisterDocument,
  StartBatchDocument,
} from '../../../client/index.ts';
import { sampleCampaign } from '../../support/app.ts';
import { post } from '../../support/raw-graphql.ts';
import { readStrictly, type Reading } from '../../support/strict-reader.ts';
import type { ProxiedStage } from './proxied-stage.ts';

const query = `{ me { id } campaigns(first: 5) { edges { node { id name batches(first: 2) { edges { node { id } } } } } } }`;
const mutation = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { __typename ... on Error { code } } }`;
const refusalSchema = z.object({ createCampaign: z.object({ code: z.string() }) });

/** Readers of one batch after another, by both protocols, and an asker of queries and changes; all through nginx. */
export async function openObservers(stage: ProxiedStage, readers: number) {
  const { register } = await createClient({ url: `${stage.url}/graphql` }).run(RegisterDocument, {
    input: { email: 'observer@example.com', password: 'correct horse' },
  });
  const { accessToken: token } = expectResult(register, 'Login');
  const client = createClient({ url: `${stage.url}/graphql`, token });
  const stop = new AbortController();
  const giveUp = new AbortController();
  const answers = new Map<string, number>();
  const count = (code: string) => answers.set(code, (answers.get(code) ?? 0) + 1);
  const readings: { reading: Reading; postCount: number }[] = [];
  const postCount = 100;

  async function again<T>(send: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await send();
      } catch (error) {
        if (giveUp.signal.aborted) throw error;
        await delay(250);
      }
    }
  }

  async function read(): Promise<void> {
    for (let number = 1; !stop.signal.aborted; number += 1) {
      const { createCampaign } = await again(() =>
        client.run(CreateCampaignDocument, { input: { ...sampleCampaign, brand: `Observed ${number}` } }),
      );
      const campaignId = expectResult(createCampaign, 'Campaign').id;
      const input = { campaignId, postCount, idempotencyKey: `observed-${number}` };
      const { startBatch } = await again(() => client.run(StartBatchDocument, { input }));
      const batchId = expectResult(startBatch, 'Batch').id;
      const all = Array.from({ length: readers }, (_, index) =>
        readStrictly({
          url: () => stage.url,
          token,
          batchId,
          transport: index % 2 === 0 ? 'websocket' : 'sse',
          signal: giveUp.signal,
        }),
      );
      readings.push(...all.map(({ reading }) => ({ reading, postCount })));
      await Promise.all(all.map(({ done }) => done));
    }
  }

  async function ask(): Promise<void> {
    while (!stop.signal.aborted) {
      const body =
        Math.random() < 0.5 ? { query } : { query: mutation, variables: { input: sampleCampaign } };
      try {
        const { status, data, errors } = await post({ url: stage.url }, body, {
          authorization: `Bearer ${token}`,
        });
        const refusal = refusalSchema.safeParse(data).data?.createCampaign.code;
        const [code] = errors.map(({ extensions }) => String(extensions?.['code']));
        count(code ?? refusal ?? (status === 200 ? 'answered' : `HTTP ${status}`));
      } catch {
        count('no answer');
      }
      await delay(50);
    }
  }

  const all = Promise.all([read(), ask(), ask()]);
  return {
    answers,
    async finish(deadlineMs: number) {
      stop.abort();
      const timer = setTimeout(() => giveUp.abort(), deadlineMs);
      await all;
      clearTimeout(timer);
      const isWhole = ({ reading: { told }, postCount: posts }: (typeof readings)[number]) =>
        told.length === posts + 2 && told.every((seq, index) => seq === index + 1);
      return {
        readings: readings.length,
        wrong: readings.filter((one) => !isWhole(one)).length,
        errorsInside: readings.flatMap(({ reading }) => reading.errors).length,
        connections: readings.reduce((sum, { reading }) => sum + reading.connections, 0),
      };
    },
  };
}
