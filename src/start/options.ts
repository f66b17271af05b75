import { availableParallelism } from 'node:os';

export type StartOptions = {
  /** How many processes share the port; undefined: a single process without a cluster. */
  cluster: number | undefined;
};

/** Reads the arguments of `npm start`. Ends the process after --help or a wrong argument. */
export async function readOptions(args: string[]): Promise<StartOptions> {
  // Without arguments, the parser need not be loaded.
  if (args.length === 0) return { cluster: undefined };
  const { commandLine, wholeNumber } = await import('../command-line.ts');
  const { cluster } = commandLine('npm start')
    .description('Starts Pressrun: GraphQL, subscriptions and the worker, embedded under .data/.')
    .option(
      '--cluster [n]',
      'n processes on one port, one for each core without a number; needs PostgreSQL and Redis',
      wholeNumber(1),
    )
    .addHelpText(
      'after',
      '\nSettings come from the environment or .env, such as PORT=4001; docs/configuration.md lists them.',
    )
    .parse(args, { from: 'user' })
    .opts();
  return { cluster: cluster === true ? availableParallelism() : cluster };
}
