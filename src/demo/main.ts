import { once } from 'node:events';
import { constants } from 'node:os';
import type { CreateCampaignInput } from '../../client/index.ts';
import { readCampaign } from './campaign.ts';
import { findFaults, type Fault } from './check.ts';
import { readOptions, type Options } from './options.ts';
import { produce, type Product } from './produce.ts';
import { postTable, summary } from './report.ts';
import { createScreen, type Screen } from './screen.ts';
import { launchServer, type ServerProcess } from './server.ts';
import { count, seconds } from './text.ts';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const maxFaultsShown = 5;
const maxPositionsShown = 10;
const stoppingEarly = 'Stopping once posts in work are done; Ctrl-C again stops now';

try {
  const options = readOptions(process.argv.slice(2));
  await main(options, await readCampaign(options.campaignFile));
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Runs the demo to its end or until a signal, and leaves nothing behind. Sets the exit code. */
async function main(options: Options, campaign: CreateCampaignInput): Promise<void> {
  const screen = createScreen(process.stdout);
  const stop = new AbortController();
  let server: ServerProcess | undefined;
  let signalled: NodeJS.Signals | undefined;
  for (const name of stopSignals) {
    process.on(name, () => {
      if (signalled !== undefined) server?.kill();
      signalled ??= name;
      stop.abort(new Error(name));
    });
  }
  // The reader has left, as with `| head`.
  process.stdout.on('error', (error) => stop.abort(error));
  try {
    screen.print('');
    if (options.url === undefined) {
      screen.working('Starting a server');
      server = await launchServer((line) => screen.working(line.replace(/ …$/, '')));
      server.failed.then(
        (error) => stop.abort(error),
        () => undefined,
      );
    }
    const isGood = await runAgainst(server, options, campaign, screen, stop.signal);
    process.exitCode = isGood ? 0 : 1;
  } catch (error) {
    if (signalled === undefined) throw error;
  } finally {
    if (server !== undefined) {
      screen.working(signalled === undefined ? 'Stopping the server' : stoppingEarly);
      await server.stop();
    }
    screen.close();
    if (signalled !== undefined) process.exitCode = 128 + constants.signals[signalled];
  }
}

/** @returns whether every post is completed and without a fault. */
async function runAgainst(
  server: ServerProcess | undefined,
  options: Options,
  campaign: CreateCampaignInput,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = performance.now();
  const ready = server === undefined ? undefined : await Promise.race([server.ready, aborted(signal)]);
  const url = ready?.url ?? options.url ?? '';
  const isSimulated = ready?.provider === 'simulator';
  if (ready !== undefined) {
    const provider = isSimulated ? 'simulated AI' : `provider ${ready.provider}`;
    screen.done(`Server at ${url} after ${seconds(performance.now() - startedAt)}, with ${provider}`);
  }
  const product = await produce({ url, options, campaign, isSimulated, screen, signal });

  screen.working('Opening every image');
  const faults = await findFaults(product.posts, options.postCount, signal);
  screen.print(`\n${postTable(product.posts, screen.columns, screen.paint)}\n`);
  screen.print(`  ${screen.paint('bold', summary(product.batch))}`);
  if (isSimulated) {
    screen.print(`  ${screen.paint('yellow', 'Simulated: no AI made these posts, and nothing was paid.')}`);
    screen.print(`  ${screen.paint('yellow', 'Set OPENAI_API_KEY for real ones.')}`);
  }
  if (faults.length === 0)
    screen.done(
      `Checked: ${count(options.postCount, 'caption')} with words, ${count(options.postCount, 'image')} that open`,
    );
  else tellFaults(faults, screen);
  tellAddresses(product, url, screen);

  if (server !== undefined && !options.serve) {
    screen.print('\n  These addresses end with the server, now. Add --serve to keep looking.');
  } else if (server !== undefined) {
    const { email, password } = product.user;
    screen.print(`\n  Log in to GraphiQL as ${email} with the password ${password}`);
    screen.print('  The server stays up until Ctrl-C.');
    await aborted(signal);
  }
  return faults.length === 0;
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

function tellAddresses({ posts }: Product, url: string, screen: Screen): void {
  const image = posts.find(({ imageUrl }) => imageUrl !== null)?.imageUrl;
  screen.print(`\n  GraphiQL   ${screen.paint('cyan', url)}`);
  if (image != null) screen.print(`  An image   ${screen.paint('cyan', image)}`);
}

/** Rejects with the signal's reason when it is aborted; never resolves. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
