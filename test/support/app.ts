import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { inject } from 'vitest';
import { createClient } from '../../client/index.ts';
import {
  CreateCampaignDocument,
  RegisterDocument,
  StartBatchDocument,
  type CreateCampaignInput,
  type StartBatchInput,
} from '../../client/generated/graphql.ts';
import { startApp, type App } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createSimulator } from '../../src/simulator/server.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { MoreKinds } from '../../src/worker.ts';
import type { PrismaClient } from '../../src/store/generated/prisma/client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { databaseOfSuite } from './migrated-database.ts';
import { withRedis } from './services/redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What the integration suite runs on: PGlite and the in-process bus, or PostgreSQL and Redis. */
    backend: 'embedded' | 'distributed';
  }
}

export type TestApp = App & {
  /** What the app's SDK calls; its `control` makes faults and counts calls. */
  simulator: ReturnType<typeof createSimulator>;
  /**
   * Stops the app and starts another on the same data.
   *
   * @param whileStopped may look at the database, and spoil it, in between.
   */
  restart(whileStopped?: (prisma: PrismaClient) => Promise<void>): Promise<TestApp>;
  /** Starts a second app beside this one on the same data; distributed only. */
  startAnother(): Promise<App>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Starts Pressrun in this process on fresh data, on the backend that the suite runs on, with a simulator a
 * hundred times faster than life.
 *
 * @param settings environment variables on top.
 * @param moreKinds kinds of work beside those of Pressrun.
 */
export async function startTestApp(
  settings: Record<string, string> = {},
  moreKinds?: MoreKinds,
): Promise<TestApp> {
  const opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-test-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const simulator = createSimulator({
    seed: 1,
    timeScale: 0.01,
    limits: { requestsPerMinute: 100_000, tokensPerMinute: 100_000_000, imagesPerMinute: 100_000 },
  });
  const { url: simulatorUrl } = await simulator.start(0);
  opened.defer(() => simulator.stop());
  const databaseUrl = settings['DATABASE_URL'] ?? (await databaseOfSuite());
  const backend =
    databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl, REDIS_URL: await redisOfItsOwn() };
  const config = readConfig({
    PORT: '0',
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    OPENAI_API_KEY: 'simulated',
    OPENAI_BASE_URL: simulatorUrl,
    REQUESTS_PER_MINUTE: '100000',
    TOKENS_PER_MINUTE: '100000000',
    IMAGES_PER_MINUTE: '100000',
    // What tests count is of posts alone, unless they are of plans or checks.
    PLANNING: 'off',
    REWRITING: 'off',
    // These limits would ask for more slots than a batch of the tests has posts.
    POST_SLOTS: '10',
    // All tests come from one address.
    RATE_LIMIT_PER_USER: '1000000',
    RATE_LIMIT_PER_ADDRESS: '1000000',
    RATE_LIMIT_GLOBAL: '1000000',
    LOGIN_ATTEMPTS_PER_ADDRESS: '10000',
    REGISTRATIONS_PER_ADDRESS: '10000',
    // `CACHE=off npm test` runs everything without it.
    CACHE: process.env['CACHE'] ?? 'on',
    ...backend,
    ...settings,
  });
  const logger = createLogger('silent');

  const others = new AsyncDisposableStack();
  const start = async (): Promise<TestApp> => {
    let app: App | undefined = await startApp(config, logger, moreKinds);
    const stop = async () => {
      await app?.stop();
      app = undefined;
    };
    return {
      url: app.url,
      simulator,
      stop,
      async restart(whileStopped) {
        await stop();
        if (whileStopped !== undefined) {
          const database = await openDatabase(config, logger);
          try {
            await whileStopped(database.prisma);
          } finally {
            await database.close();
          }
        }
        return start();
      },
      async startAnother() {
        const another = await startApp(config, logger, moreKinds);
        others.defer(() => another.stop());
        return another;
      },
      async [Symbol.asyncDispose]() {
        await others.disposeAsync();
        await stop();
        await opened.disposeAsync();
      },
    };
  };
  return start();
}

/** Apps on one Redis share limits and pauses: each takes the next database, whatever process it is in. */
async function redisOfItsOwn(): Promise<string> {
  const url = inject('redisUrl');
  return new URL(`/${await withRedis(url, (client) => client.incr('databases taken'))}`, url).href;
}

/** A client without an account. */
export function anonymous(app: { url: string }) {
  return createClient({ url: `${app.url}/graphql` });
}

/** A client with the token of an account that was opened at another address. */
export function clientOf(app: { url: string }, token: string) {
  return createClient({ url: `${app.url}/graphql`, token });
}

/** Registers a new account. */
export async function signUp(app: { url: string }, email = `${crypto.randomUUID()}@example.com`) {
  const { register } = await anonymous(app).run(RegisterDocument, {
    input: { email, password: 'correct horse' },
  });
  if (register.__typename !== 'Login') throw new Error(`register answered ${register.__typename}`);
  const { accessToken: token, user } = register;
  return {
    url: `${app.url}/graphql`,
    token,
    email,
    id: user.id,
    run: createClient({ url: `${app.url}/graphql`, token }).run,
  };
}

export type Account = Awaited<ReturnType<typeof signUp>>;

export const sampleCampaign = {
  name: 'Spring launch',
  brand: 'Alpenglow Coffee',
  description: 'A light roast from small farms, sold in refillable tins.',
  tone: 'FRIENDLY',
  targetAudience: 'City people who cycle to work',
  language: 'en',
  channel: 'INSTAGRAM',
} satisfies CreateCampaignInput;

/** Creates a campaign and returns its id. */
export async function createCampaign(
  account: Account,
  changes: Partial<CreateCampaignInput> = {},
): Promise<string> {
  const { createCampaign: created } = await account.run(CreateCampaignDocument, {
    input: { ...sampleCampaign, ...changes },
  });
  if (created.__typename !== 'Campaign') throw new Error(`createCampaign answered ${created.__typename}`);
  return created.id;
}

/** Starts a batch and returns its id. */
export async function startBatch(account: Account, input: StartBatchInput): Promise<string> {
  const { startBatch: started } = await account.run(StartBatchDocument, { input });
  if (started.__typename !== 'Batch') throw new Error(`startBatch answered ${started.__typename}`);
  return started.id;
}
