import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Transport } from '../../client/index.ts';
import { commandLine, wholeNumber } from '../command-line.ts';

export type Options = {
  postCount: number;
  campaignFile: string;
  transport: Transport;
  serve: boolean;
  /** The folder that the posts are left in. */
  out: string;
  /** The address of GraphQL; undefined: on a server that the demo starts. */
  url: string | undefined;
};

/** Reads the command line. Ends the process with code 2 if a flag is invalid. */
export function readOptions(args: string[]): Options {
  const { posts, campaign, transport, serve, url, out } = commandLine('npm run demo', 2)
    .description(
      'Writes a batch of posts before your eyes, as an ordinary client of Pressrun, on a server of its own with throw-away data. The posts stay, in a folder.',
    )
    .option('--posts <n>', 'how many posts, from 1 to 10000', wholeNumber(1, 10_000), 10)
    .option('--campaign <file>', 'the brief, as JSON; examples/ has more', defaultCampaign())
    .addOption(
      new Option('--transport <name>', 'how progress travels')
        .choices(['websocket', 'sse'] as const)
        .default('websocket' as const),
    )
    .addOption(
      new Option('--serve', 'keep the server up afterwards, until Ctrl-C').default(false).conflicts('url'),
    )
    .option('--out <folder>', 'where the posts are left; it must be new or empty', defaultFolder())
    .option('--url <url>', 'use the server that runs there instead of starting one', readUrl)
    .addHelpText(
      'after',
      `
Environment variables and .env set the server up as they do for npm start. With DATA_DIR set, the data stays
there. It ends with 0 when every post is completed and its caption and image were found to be good.`,
    )
    .parse(args, { from: 'user' })
    .opts();
  return { postCount: posts, campaignFile: campaign, transport, serve, url, out };
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:4000/graphql.');
  }
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
}

/** A new folder for each run. */
function defaultFolder(): string {
  return `demo-posts/${new Date().toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-')}`;
}

/** The first of the examples, wherever the demo was started from. */
function defaultCampaign(): string {
  return relative('.', fileURLToPath(new URL('../../examples/fernway.en.json', import.meta.url)));
}
