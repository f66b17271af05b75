import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { postgresAccount } from '../../support/services/account.ts';
import { startNginx } from '../../support/services/nginx.ts';
import { withPostgres } from '../../support/services/postgres-client.ts';
import { startPostgres } from '../../support/services/postgres.ts';
import { startRedis } from '../../support/services/redis.ts';
import { run } from '../../support/services/run.ts';
import { startStallingProxy } from '../../support/services/stalling-proxy.ts';
import { createChild } from './child.ts';
import { startLoad } from './load.ts';
import { amplePerMinute, startProvider } from './provider.ts';
import { addRole, openWitness } from './witness.ts';

export type ProxiedStage = Awaited<ReturnType<typeof openProxiedStage>>;

/**
 * Two API processes behind nginx and two workers, which reach PostgreSQL and Redis through proxies that can stall, with
 * a client that keeps them busy. The database lies on a disk of its own where this process may mount one.
 */
export async function openProxiedStage(seed: number) {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(`${tmpdir()}/pressrun-chaos-`);
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs as another account than root, and has to pass through.
  await chmod(folder, 0o711);
  const disk = await mountDisk(`${folder}/disk`);
  if (disk !== undefined) opened.defer(disk.unmount);
  const postgres = opened.use(await startPostgres({ settings: { max_connections: 80 } }));
  const redis = opened.use(await startRedis());
  const provider = opened.use(await startProvider(seed));
  const postgresProxy = opened.use(await startStallingProxy(postgres.port));
  const redisProxy = opened.use(await startStallingProxy(redis.port));
  const databaseUrl = await postgres.createDatabase();
  if (disk !== undefined) await moveTo(disk.folder, postgres.url, databaseUrl);
  const common = {
    PORT: '0',
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    DATA_DIR: `${folder}/data`,
    REDIS_URL: redisProxy.through(redis.url),
    OPENAI_BASE_URL: provider.url,
    JWT_SECRET: 'chaos needs one secret for all its processes',
    ACCESS_TOKEN_MINUTES: '1440',
    POST_SLOTS: '4',
    REQUESTS_PER_MINUTE: String(amplePerMinute.requests),
    TOKENS_PER_MINUTE: String(amplePerMinute.tokens),
    IMAGES_PER_MINUTE: String(amplePerMinute.images),
    RATE_LIMIT_PER_USER: '1000000',
    RATE_LIMIT_PER_ADDRESS: '1000000',
  };
  const start = async (name: string, role: 'api' | 'worker', url: string) => {
    const settings = {
      ...common,
      ROLE: role,
      DATABASE_URL: postgresProxy.through(url),
      OPENAI_API_KEY: name,
    };
    const child = opened.use(createChild(name, settings));
    await child.start();
    return child;
  };
  // The first one migrates, and only then can the witness look.
  const first = await start('api_1', 'api', databaseUrl);
  const witness = opened.use(await openWitness(databaseUrl));
  const apis = [first, await start('api_2', 'api', databaseUrl)];
  const workers = [];
  for (const name of ['worker_1', 'worker_2']) {
    workers.push(await start(name, 'worker', await addRole(databaseUrl, name)));
  }
  const targets = apis.map((api) => `server ${new URL(api.url()).host};`).join(' ');
  const nginx = opened.use(await startNginx({ conf: (port) => confOf(port, targets) }));
  const load = await startLoad({ url: `${nginx.url}/graphql`, ahead: 40, postCount: 20 });
  const rest = opened.move();
  return {
    url: nginx.url,
    databaseUrl,
    disk,
    postgres,
    postgresProxy,
    redis,
    redisProxy,
    provider,
    witness,
    children: [...apis, ...workers],
    load,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

function confOf(port: number, targets: string): string {
  return `
    upstream api { ${targets} }
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass http://api;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_buffering off;
        proxy_read_timeout 1h;
      }
    }`;
}

/** @returns a small disk; undefined where this process may not mount one. */
async function mountDisk(folder: string) {
  await mkdir(folder);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128m,mode=0755', 'tmpfs', folder]);
  } catch {
    return undefined;
  }
  return { folder, unmount: async () => void (await run('umount', ['--lazy', folder])) };
}

async function moveTo(folder: string, serverUrl: string, databaseUrl: string): Promise<void> {
  const account = await postgresAccount();
  const location = `${folder}/postgres`;
  await mkdir(location);
  if (account !== undefined) await chown(location, account.uid, account.gid);
  await withPostgres(serverUrl, async (client) => {
    await client.query(`CREATE TABLESPACE small LOCATION '${location}'`);
    await client.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET TABLESPACE small`);
  });
}
