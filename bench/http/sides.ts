import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { z } from 'zod';
import { createClient, RegisterDocument } from '../../client/index.ts';
import { fromGlobalId, toGlobalId } from '../../src/domain/ids.ts';
import { freePort } from '../../test/support/services/free-port.ts';
import { waitUntil } from '../../test/support/services/wait-until.ts';
import { startChild } from '../support/child.ts';
import { seed } from './seed.ts';
import { requestOf, type Shape } from './shapes.ts';

/** One of those that are compared. */
export type Side = {
  pid: number;
  /** What it has to be sent for a shape. */
  request(shape: Shape): { url: string; headers: Record<string, string>; body: string };
};

/** Limits are on, and count; what one client of a benchmark asks for is only not what they are for. */
const raisedLimits = Object.fromEntries(
  ['RATE_LIMIT_PER_USER', 'RATE_LIMIT_PER_ADDRESS', 'RATE_LIMIT_GLOBAL'].map((name) => [name, '100000000']),
);

/** What `npm start` gives to Node. */
async function startArguments(): Promise<{ flags: string[]; module: string }> {
  const { scripts } = packageSchema.parse(JSON.parse(await readFile('package.json', 'utf8')));
  const [, , ...given] = scripts.start.split(' ');
  return { flags: given.slice(0, -1), module: given.at(-1) ?? '' };
}

const packageSchema = z.object({ scripts: z.object({ start: z.string().startsWith('exec node ') }) });

/** Starts Pressrun as in production: the real process, logging into a file. Its log goes with it. */
export async function startPressrun(settings: Record<string, string>, flags: readonly string[] = []) {
  const opened = new AsyncDisposableStack();
  const folder = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const log = await open(`${folder}/log`, 'w');
  opened.defer(() => log.close());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAtMs = performance.now();
  const usual = await startArguments();
  // Of two flags of one name, Node takes the last.
  const child = spawn(process.execPath, [...usual.flags, ...flags, usual.module], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      JWT_SECRET: randomBytes(48).toString('hex'),
      PORT: String(port),
      DATA_DIR: folder,
      // A long run outlives a token of the usual life.
      ACCESS_TOKEN_MINUTES: '1440',
      ...raisedLimits,
      ...settings,
    },
    stdio: ['ignore', log.fd, 'inherit'],
  });
  opened.defer(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  await waitUntil('Pressrun to answer', () => answers(url), { intervalMs: 5, deadlineMs: 60_000 });
  const firstAnswerMs = performance.now() - startedAtMs;
  return { url, pid: child.pid ?? 0, firstAnswerMs, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Opens an account. */
export async function register(url: string): Promise<{ token: string; ownerId: string }> {
  const { register: login } = await createClient({ url: `${url}/graphql` }).run(RegisterDocument, {
    input: { email: 'bench@example.com', password: 'correct horse' },
  });
  if (login.__typename !== 'Login') throw new Error(`register answered ${login.__typename}`);
  return { token: login.accessToken, ownerId: fromGlobalId(login.user.id)?.id ?? '' };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Starts Pressrun with an account that has posts, and the others on the same rows. */
export async function startSides(
  data: { DATABASE_URL: string; REDIS_URL: string },
  flags: readonly string[],
) {
  const opened = new AsyncDisposableStack();
  const settings = {
    ...data,
    ROLE: 'api',
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    JWT_SECRET: randomBytes(48).toString('hex'),
  };
  // The first start migrates the database, which takes an engine that no later one loads.
  await (await startPressrun(settings))[Symbol.asyncDispose]();
  // Every request is answered anew by one of them, and from the cache by the other.
  const pressrun = opened.use(await startPressrun({ ...settings, CACHE: 'off' }, flags));
  const cached = opened.use(await startPressrun(settings, flags));
  const { token, ownerId } = await register(pressrun.url);
  const postId = toGlobalId('Post', await seed(data.DATABASE_URL, ownerId));

  const schemas = { ready: z.object({ url: z.string(), pid: z.number() }), report: z.object({}) };
  const argument = { databaseUrl: data.DATABASE_URL, ownerId };
  // With Node's own settings: those of `npm start` make lists of Apollo's twice as slow, and the hand-written no faster.
  const start = async (module: URL) => opened.use(await startChild(module, argument, schemas)).ready;
  const handWritten = await start(new URL('hand-written-child.ts', import.meta.url));
  const apollo = await start(new URL('apollo-child.ts', import.meta.url));

  const bodyOf = (shape: Shape) => JSON.stringify(requestOf(shape, postId));
  const json = { 'content-type': 'application/json' };
  const ours = ({ pid, url }: { pid: number; url: string }): Side => ({
    pid,
    request: (shape) => ({
      url: `${url}/graphql`,
      headers: { ...json, authorization: `Bearer ${token}` },
      body: bodyOf(shape),
    }),
  });
  const sides = {
    pressrun: ours(pressrun),
    cached: ours(cached),
    handWritten: {
      pid: handWritten.pid,
      request: (shape) => ({ url: `${handWritten.url}/${shape}`, headers: json, body: bodyOf(shape) }),
    },
    apollo: {
      pid: apollo.pid,
      request: (shape) => ({ url: apollo.url, headers: json, body: bodyOf(shape) }),
    },
  } satisfies Record<string, Side>;
  const account = { url: cached.url, token, databaseUrl: data.DATABASE_URL, ownerId };
  return { sides, account, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export type Sides = Awaited<ReturnType<typeof startSides>>['sides'];

/**
 * @throws Error where the sides do not say the same: then their speeds say nothing.
 */
export async function checkSameAnswers(sides: Sides, shape: Shape): Promise<void> {
  const [first, ...others] = await Promise.all(
    Object.values(sides).map(async ({ request }) => {
      const { url, headers, body } = request(shape);
      const answer = await fetch(url, { method: 'POST', headers, body });
      // The address of a picture names the server.
      return (await answer.text()).trim().replaceAll(new URL(url).host, 'host');
    }),
  );
  for (const other of others) {
    if (other !== first) throw new Error(`${shape}: answers differ\n${first}\n${other}`);
  }
  process.stdout.write(`${shape}: ${first?.length} bytes from each\n`);
}
