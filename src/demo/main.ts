import { constants } from 'node:os';
import { createFolder } from './folder.ts';
import { readBrief, type Brief } from './input/brief.ts';
import { readOptions, type Options } from './input/options.ts';
import { run, StoppedError } from './run.ts';
import { createScreen } from './screen.ts';
import { launchServer, type ServerProcess } from './server.ts';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes a signal on that the terminal has sent as well. The second one within this time is the same. */
const sameSignalMs = 1_000;
const stoppingEarly = 'Stopping once posts in work are done; Ctrl-C again stops now';

try {
  const options = readOptions(process.argv.slice(2));
  await main(options, await readBrief(options));
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** Runs the demo to its end or until a signal. Leaves nothing behind but its posts. Sets the exit code. */
async function main(options: Options, brief: Brief): Promise<void> {
  const folder = await createFolder(options.out);
  const screen = createScreen(process.stdout, process.stdin);
  /** Ends the batch early: what is made so far is kept. */
  const stop = new AbortController();
  /** Ends everything at once. */
  const quit = new AbortController();
  let server: ServerProcess | undefined;
  let signalled: { name: NodeJS.Signals; at: number } | undefined;
  for (const name of stopSignals) {
    process.on(name, () => {
      const at = performance.now();
      if (signalled !== undefined && at - signalled.at >= sameSignalMs) {
        quit.abort(new StoppedError());
        server?.kill();
      }
      signalled ??= { name, at };
      stop.abort(new StoppedError());
    });
  }
  // The reader has left, as with `| head`.
  process.stdout.on('error', (error) => quit.abort(error));
  try {
    screen.print('');
    if (options.url === undefined) {
      screen.working('Starting a server');
      server = await launchServer((line) => screen.working(line.replace(/ …$/, '')));
      server.failed.then(
        (error) => quit.abort(error),
        () => undefined,
      );
    }
    const isGood = await run({
      server,
      options,
      brief,
      folder,
      screen,
      stop: AbortSignal.any([stop.signal, quit.signal]),
      quit: quit.signal,
    });
    process.exitCode = isGood ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
  } finally {
    if (server !== undefined) {
      screen.working(signalled === undefined ? 'Stopping the server' : stoppingEarly);
      await server.stop();
    }
    screen.close();
    await folder.removeIfEmpty();
    if (signalled !== undefined) process.exitCode = 128 + constants.signals[signalled.name];
  }
}
