import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fromGlobalId, toGlobalId } from '../../../src/domain/ids.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { openAccount } from '../../support/app.ts';
import { startChild } from '../../support/child.ts';
import { apiSettings, startPressrun } from '../../support/pressrun.ts';
import type { Side } from './answers.ts';
import { seed } from './seed.ts';
import { bodyOf } from './shapes.ts';

export const sideNames = ['pressrun', 'cached', 'handWritten', 'apolloPrisma', 'apolloSql'] as const;
export type SideName = (typeof sideNames)[number];

const json = { 'content-type': 'application/json' };

/** Pressrun, asked with a token. @param postId a global id. */
export function pressrunSide(
  { pid, url }: { pid: number; url: string },
  { token, postId }: { token: string; postId: string },
): Side {
  return {
    pid,
    request: (shape) => ({
      url: `${url}/graphql`,
      headers: { ...json, authorization: `Bearer ${token}` },
      body: bodyOf(shape, postId),
    }),
  };
}

/** Starts Pressrun with an account that has posts, and the others on the same rows. @param flags of Node, for Pressrun. */
export async function startSides(
  data: { DATABASE_URL: string; REDIS_URL: string },
  flags: readonly string[],
) {
  const opened = new AsyncDisposableStack();
  const settings = { ...data, ...apiSettings() };
  // The first start migrates the database, which takes an engine that no later one loads.
  const first = await startPressrun(settings);
  const { token, workspaceId } = await openAccount(`${first.url}/graphql`, 'bench@example.com');
  await first[Symbol.asyncDispose]();
  const ownerId = fromGlobalId(workspaceId)?.id ?? '';
  const postId = toGlobalId('Post', await seedAt(data.DATABASE_URL, ownerId));
  // Every request is answered anew by one of them, and from the cache by the other.
  const pressrun = opened.use(await startPressrun({ ...settings, CACHE: 'off' }, { flags }));
  const cached = opened.use(await startPressrun(settings, { flags }));

  // With Node's own settings: Pressrun's make lists of Apollo's twice as slow, and the hand-written no faster.
  const start = async (module: URL, extra: object = {}) => {
    const child = await startChild(
      module,
      { databaseUrl: data.DATABASE_URL, ownerId, ...extra },
      { ready: z.object({ url: z.string(), pid: z.number() }), report: z.object({}) },
      { NODE_ENV: 'production' },
    );
    return opened.use(child).ready;
  };
  const handWritten = await start(new URL('hand-written-child.ts', import.meta.url));
  const apolloModule = new URL('apollo-child.ts', import.meta.url);
  const apollo = ({ url, pid }: { url: string; pid: number }): Side => ({
    pid,
    request: (shape) => ({ url, headers: json, body: bodyOf(shape, postId) }),
  });
  const sides: Record<SideName, Side> = {
    pressrun: pressrunSide(pressrun, { token, postId }),
    cached: pressrunSide(cached, { token, postId }),
    handWritten: {
      pid: handWritten.pid,
      request: (shape) => ({
        url: `${handWritten.url}/${shape}`,
        headers: json,
        body: bodyOf(shape, postId),
      }),
    },
    apolloPrisma: apollo(await start(apolloModule, { data: 'prisma' })),
    apolloSql: apollo(await start(apolloModule, { data: 'sql' })),
  };
  const account = { url: cached.url, token, databaseUrl: data.DATABASE_URL, ownerId };
  return { sides, account, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function seedAt(databaseUrl: string, ownerId: string): Promise<string> {
  const database = await openDatabase({ databaseUrl, dataDir: '' }, createLogger('warn'));
  try {
    return await seed(database.prisma, ownerId);
  } finally {
    await database.close();
  }
}

const packageSchema = z.object({
  version: z.string(),
  peerDependencies: z.object({ graphql: z.string() }).optional(),
});

/** @returns a line that says on which version of graphql Apollo Server runs here, and whether it supports that. */
export async function versionsOfApollo(): Promise<string> {
  const read = async (name: string) =>
    packageSchema.parse(JSON.parse(await readFile(`node_modules/${name}/package.json`, 'utf8')));
  const [apollo, graphql] = [await read('@apollo/server'), await read('graphql')];
  const range = apollo.peerDependencies?.graphql ?? '';
  const [major = ''] = graphql.version.split('.');
  const isSupported = range.split('||').some((part) => part.trim().startsWith(`^${major}.`));
  return (
    `Apollo Server ${apollo.version} runs on graphql ${graphql.version}; it asks for ${range}` +
    (isSupported
      ? ''
      : ', so this version is not one that it supports: it is put in its place by an override')
  );
}
