import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import {
  createClient,
  CreateCampaignDocument,
  expectResult,
  RegisterDocument,
  WorkspacesDocument,
} from '../../client/index.ts';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { MoreKinds } from '../../src/worker.ts';

/**
 * Starts Pressrun on fresh data in this process and registers an account with one campaign.
 *
 * @param moreKinds kinds of work that it does beside its own.
 */
export async function startBenchApp(settings: Record<string, string>, moreKinds?: MoreKinds) {
  const opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(`${tmpdir()}/pressrun-bench-`);
  opened.defer(() => rm(dataDir, { recursive: true, force: true }));
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    // A long run outlives a token of the usual life.
    ACCESS_TOKEN_MINUTES: '1440',
    // What is measured is posts.
    PLANNING: 'off',
    ...settings,
  });
  const app = await startApp(config, createLogger('warn'), moreKinds);
  opened.defer(() => app.stop());
  const url = `${app.url}/graphql`;
  return {
    url,
    ...(await openAccount(url, 'bench@example.com')),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Registers an account with a workspace and one campaign, and reads its workspace. */
export async function openAccount(url: string, email: string) {
  const { register } = await createClient({ url }).run(RegisterDocument, {
    input: { email, password: 'correct horse' },
  });
  const { accessToken: token } = expectResult(register, 'Login');
  const { run } = createClient({ url, token });
  const { createCampaign } = await run(CreateCampaignDocument, {
    input: {
      name: 'Benchmark',
      brand: 'Alpenglow Coffee',
      description: 'A light roast from small farms, sold in refillable tins.',
      tone: 'FRIENDLY',
      targetAudience: 'City people who cycle to work',
      language: 'en',
      channel: 'INSTAGRAM',
    },
  });
  const { me } = await run(WorkspacesDocument, {});
  if (me == null) throw new Error('nobody is logged in');
  return {
    token,
    workspaceId: me.workspace.id,
    campaignId: expectResult(createCampaign, 'Campaign').id,
    run,
  };
}

export type Account = Awaited<ReturnType<typeof openAccount>>;

export type BenchApp = Awaited<ReturnType<typeof startBenchApp>>;
