import { once } from 'node:events';
import { join } from 'node:path';
import { findFaults, type Fault } from './check.ts';
import type { Folder } from './folder.ts';
import type { Brief } from './input/brief.ts';
import type { Options } from './input/options.ts';
import type { DemoUser, Order, Product } from './order/job.ts';
import { follow, placeOrder, readProduct } from './order/produce.ts';
import { findingsSummary, postTable, summary } from './report.ts';
import type { Screen } from './screen.ts';
import type { ServerProcess } from './server.ts';
import { count, seconds } from './text.ts';

const maxFaultsShown = 5;
const maxPositionsShown = 10;

/** A person stopped the demo. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

type Run = {
  /** Undefined: at `options.url`. */
  server: ServerProcess | undefined;
  options: Options;
  brief: Brief;
  folder: Folder;
  screen: Screen;
  /** Ends the batch early: what is made so far is kept. */
  stop: AbortSignal;
  /** Ends everything at once. */
  quit: AbortSignal;
};

/**
 * Orders posts, shows them being made, and leaves them in the folder.
 *
 * @returns whether every post is completed and without a fault; false if a person wants none of them.
 * @throws StoppedError when a person stopped it; what was made by then is in the folder.
 */
export async function run(deps: Run): Promise<boolean> {
  const { server, options, brief, folder, screen, stop, quit } = deps;
  const startedAt = performance.now();
  const ready = server === undefined ? undefined : await Promise.race([server.ready, aborted(stop)]);
  const url = ready?.url ?? options.url ?? '';
  const isSimulated = ready?.provider === 'simulator';
  if (ready !== undefined) {
    const provider = isSimulated ? 'simulated AI' : `provider ${ready.provider}`;
    screen.done(`Server at ${url} after ${seconds(performance.now() - startedAt)}, with ${provider}`);
  }
  const job = { url, options, brief, isSimulated, screen, signal: stop };
  const order = await placeOrder(job);
  let stopped: StoppedError | undefined;
  try {
    if (!(await follow(order, job))) {
      screen.print('  No post was written: the batch is cancelled.');
      return false;
    }
  } catch (error) {
    if (!(error instanceof StoppedError) || quit.aborted) throw error;
    stopped = error;
    screen.keep();
  }

  screen.working('Reading the posts');
  const product = await readProduct(order, quit);
  const made = product.posts.filter(({ status }) => status === 'COMPLETED');
  screen.working('Opening every image');
  const kept = stopped === undefined ? product.posts : made;
  const faults = await findFaults(
    kept,
    stopped === undefined ? product.batch.progress.postCount : kept.length,
    folder,
    quit,
  );
  if (made.length > 0) {
    const origin = new URL(url).origin;
    const { session, batch } = order;
    await folder.finish({
      origin,
      session,
      batchId: batch.id,
      brief,
      product: { ...product, posts: kept },
      isSimulated,
      signal: quit,
    });
  }
  tellPosts(product, brief, isSimulated, stopped === undefined, screen);
  if (faults.length > 0) tellFaults(faults, screen);
  else if (stopped === undefined) {
    const [captions, images] = [count(made.length, 'caption'), count(made.length, 'image')];
    screen.done(`Checked: ${captions} with words, ${images} that open`);
  }
  if (made.length > 0) tellFolder(folder, made.length, screen);
  if (stopped !== undefined) throw stopped;

  await tellNext(deps, order, url);
  return faults.length === 0;
}

function tellPosts(
  product: Product,
  { variants }: Brief,
  isSimulated: boolean,
  isWhole: boolean,
  screen: Screen,
): void {
  const { batch } = product;
  if (isWhole) screen.print(`\n${postTable(product, variants, screen.columns, screen.paint)}\n`);
  else screen.print('\n  Stopped before the batch was done.');
  screen.print(`  ${screen.paint('bold', summary(batch))}`);
  const findings = findingsSummary(product.posts);
  if (findings !== undefined) screen.print(`  ${screen.paint('yellow', '!')} ${findings}`);
  if (isSimulated) {
    screen.print(`  ${screen.paint('yellow', 'Simulated: no AI made these posts, and nothing was paid.')}`);
    screen.print(`  ${screen.paint('yellow', 'Set OPENAI_API_KEY for real ones.')}`);
  }
}

function tellFolder({ path }: Folder, postCount: number, screen: Screen): void {
  screen.print(`\n  ${count(postCount, 'post')} kept in ${screen.paint('cyan', path)}`);
  screen.print(`  Open ${screen.paint('cyan', join(path, 'index.html'))} in a browser.`);
  screen.print('  posts.zip and posts.csv beside it are what the API exports.');
}

/** Says what to do next. With `--serve`, waits until somebody stops the demo. */
async function tellNext({ server, options, screen, stop }: Run, { user }: Order, url: string): Promise<void> {
  const graphiql = `  GraphiQL   ${screen.paint('cyan', url)}`;
  if (server === undefined) {
    screen.print('\n  The posts are also on the server. To look on:');
    screen.print(graphiql);
    tellUser(user, screen);
  } else if (options.serve) {
    screen.print('\n  The server stays up until Ctrl-C. What is next:');
    screen.print(graphiql);
    tellUser(user, screen);
    screen.print(
      '  Open GraphiQL and run its steps one after another: they start a batch and follow it live.',
    );
    await aborted(stop);
  } else {
    screen.print('\n  Next: npm run demo -- --serve keeps the server up; npm start keeps its data.');
  }
}

function tellUser({ email, password }: DemoUser, screen: Screen): void {
  screen.print(`  Email      ${email}`);
  screen.print(`  Password   ${password}`);
}

function tellFaults(faults: readonly Fault[], screen: Screen): void {
  const mark = screen.paint('red', '✗');
  for (const { sentence, positions } of faults.slice(0, maxFaultsShown)) {
    const left = positions.length - maxPositionsShown;
    const named = `${positions.slice(0, maxPositionsShown).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
    screen.print(`  ${mark} ${positions.length === 1 ? 'Post' : 'Posts'} ${named}: ${sentence}`);
  }
  const left = faults.length - maxFaultsShown;
  if (left > 0) screen.print(`  ${mark} … and ${count(left, 'more fault')}`);
}

/** Rejects with the signal's reason when it is aborted; never resolves. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
