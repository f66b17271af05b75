import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UpdateCampaignDocument } from '../../client/generated/graphql.ts';
import type { App } from '../../src/app.ts';
import { createRandom } from '../chaos/support/random.ts';
import {
  clientOf,
  createCampaign,
  signUp,
  startTestApp,
  type Account,
  type TestApp,
} from '../support/app.ts';
import { watchPauses } from '../support/cpu.ts';
import { answerSchema, post } from '../support/raw-graphql.ts';
import { exchange } from '../support/raw-http.ts';
import { startRedis, type RedisInstance } from '../support/services/redis.ts';
import { waitUntil } from '../support/services/wait-until.ts';

/** Two instances with a Redis of their own, so that it can be cut, and two accounts. */
let redis: RedisInstance;
let app: TestApp;
let another: App;
let owners: Account[];
let campaigns: string[][];
beforeAll(async () => {
  redis = await startRedis();
  app = await startTestApp({
    REDIS_URL: redis.url,
    ROLE: 'api',
    CACHE: 'on',
    ALLOWED_HOSTS: 'pressrun.example',
  });
  another = await app.startAnother();
  owners = [await signUp(app), await signUp(app)];
  campaigns = await Promise.all(
    owners.map(async (owner) =>
      Promise.all(Array.from({ length: 4 }, () => createCampaign(owner, { name: '0' }))),
    ),
  );
});
afterAll(async () => {
  agent.destroy();
  await app[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** As through a proxy: the address that clients see is the same for all instances. `fetch` would not let it be named. */
async function read(instance: { url: string }, owner: Account, query: string) {
  const { headers, body } = await exchange(`${instance.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${owner.token}`,
      host: 'pressrun.example',
    },
    agent,
    body: JSON.stringify({ query }),
  });
  const { data, errors } = answerSchema.parse(JSON.parse(body.toString()));
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { data: Object(data), outcome: headers['x-cache'] };
}

const agent = new Agent({ keepAlive: true });

/** Both ways to a campaign's name. */
const one = (id: string) => `{ campaign(id: "${id}") { id name } }`;
const all = `{ campaigns { edges { node { id name } } } }`;

async function rename(instance: { url: string }, owner: Account, campaignId: string, name: string) {
  const { run } = clientOf(instance, owner.token);
  const { updateCampaign } = await run(UpdateCampaignDocument, { input: { campaignId, name } });
  if (updateCampaign.__typename !== 'Campaign') throw new Error(updateCampaign.__typename);
}

it('what one instance has answered, the other one finds', async () => {
  const [owner] = owners;
  const [id = ''] = campaigns[0] ?? [];
  if (owner === undefined) throw new Error('nobody is there');
  await waitUntil('an answer that is kept', async () => (await read(app, owner, one(id))).outcome === 'HIT');
  expect((await read(another, owner, one(id))).outcome).toBe('HIT');
});

it('nobody is answered with what somebody else was', async () => {
  const [owner, stranger] = owners;
  const [id = ''] = campaigns[0] ?? [];
  if (owner === undefined || stranger === undefined) throw new Error('nobody is there');
  await read(app, owner, one(id));
  expect((await read(app, stranger, one(id))).data).toEqual({ campaign: null });
  expect((await post(app, { query: one(id) })).errors[0]?.extensions).toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

/** Who gets no CPU hears later still. */
const boundMs = 2_000;

const disturbances: Record<string, () => Promise<unknown>> = {
  none: async () => undefined,
  flush: () => redis.flush(),
  'a cut of its listeners': () => redis.killPubSub(),
  'a crash of Redis': async () => {
    await redis.kill();
    await wait(300);
    await redis.restart();
  },
};

it.each(Object.entries(disturbances))(
  'no reader of two instances sees an older value than was committed two seconds before: %s',
  async (name, disturb) => {
    const random = createRandom(name.length);
    const pick = <T>(list: readonly T[]): T => {
      const picked = list[Math.floor(random() * list.length)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    };
    /** When each name was committed at the latest, by campaign; names count from 0. */
    const commits = new Map(campaigns.flat().map((id) => [id, [-Infinity]]));
    const begun = new Map(campaigns.flat().map((id) => [id, 0]));
    await Promise.all(
      owners.map((owner, place) =>
        Promise.all((campaigns[place] ?? []).map((id) => rename(app, owner, id, '0'))),
      ),
    );
    const faults: string[] = [];
    const stale: { ms: number; what: string }[] = [];
    const longestPauseMs = watchPauses();
    let hits = 0;
    const endsAt = performance.now() + 6_000;

    function check(id: string, name: string, askedAt: number): void {
      const ms = askedAt - (commits.get(id)?.[Number(name) + 1] ?? askedAt);
      if (ms > boundMs) stale.push({ ms, what: `${id}: ${name}` });
    }

    async function readOn(place: number): Promise<void> {
      const owner = owners[place];
      const own = campaigns[place] ?? [];
      if (owner === undefined) return;
      while (performance.now() < endsAt) {
        const askedAt = performance.now();
        const isList = random() < 0.3;
        const { data, outcome } = await read(pick([app, another]), owner, isList ? all : one(pick(own)));
        if (outcome === 'HIT') hits += 1;
        const rows: { id: string; name: string }[] = isList
          ? data.campaigns.edges.map(({ node }: { node: never }) => node)
          : [data.campaign];
        for (const row of rows) {
          if (!own.includes(row.id)) faults.push(`${row.id} is somebody else's`);
          check(row.id, row.name, askedAt);
        }
      }
    }

    /** One writer a campaign, so that its names are committed in their order. */
    async function writeOn(place: number, id: string): Promise<void> {
      const owner = owners[place];
      if (owner === undefined) return;
      while (performance.now() < endsAt) {
        const version = (begun.get(id) ?? 0) + 1;
        begun.set(id, version);
        await rename(pick([app, another]), owner, id, String(version));
        commits.get(id)?.push(performance.now());
        await wait(random() < 0.5 ? random() * 5 : 100 + random() * 300);
      }
    }

    const work = [
      ...[0, 1, 0, 1].map(readOn),
      ...campaigns.flatMap((ids, place) => ids.map((id) => writeOn(place, id))),
    ];
    await wait(1_500);
    await disturb();
    await Promise.all(work);
    const mostMs = boundMs + longestPauseMs();
    expect(stale.filter(({ ms }) => ms > mostMs)).toEqual([]);
    expect(faults.slice(0, 5)).toEqual([]);
    expect(hits).toBeGreaterThan(10);
  },
  120_000,
);
