import { test as base } from 'vitest';
import { createCampaign, signUp, startBatch, startTestApp } from './app.ts';
import { followToEnd } from './batches.ts';
import { openWorkshop } from './workshop.ts';

/**
 * Vitest's `test`, with what most tests need. A test names what it uses, `test('…', async ({ account }) => …)`; each thing is
 * made when it is first named, once a file, and put away after the file's last test.
 */
export const test = base
  /**
   * Environment variables of `app`. A file with others extends: `base.extend('settings', { scope: 'file' }, () => ({ POST_SLOTS: '4' }))`.
   * It must not use `override`, which would hold in the files that follow in the same process.
   */
  .extend('settings', { scope: 'file' }, (): Record<string, string> => ({}))
  /** Pressrun itself, on the suite's backend, with its simulator. */
  .extend('app', { scope: 'file' }, async ({ settings }, { onCleanup }) => {
    const app = await startTestApp(settings);
    onCleanup(() => app[Symbol.asyncDispose]());
    return app;
  })
  /** Somebody who is logged in. */
  .extend('account', { scope: 'file' }, ({ app }) => signUp(app))
  /** A campaign of `account`. */
  .extend('campaignId', { scope: 'file' }, ({ account }) => createCampaign(account))
  /** How many posts `batchId` has. */
  .extend('postCount', { scope: 'file' }, (): number => 3)
  /** A completed batch of `campaignId`. */
  .extend('batchId', { scope: 'file' }, async ({ account, campaignId, postCount }) => {
    const id = await startBatch(account, { campaignId, postCount });
    await followToEnd(account, id);
    return id;
  })
  /** What workers are made of, without servers. */
  .extend('workshop', { scope: 'file' }, async ({}, { onCleanup }) => {
    const workshop = await openWorkshop();
    onCleanup(() => workshop[Symbol.asyncDispose]());
    return workshop;
  });
