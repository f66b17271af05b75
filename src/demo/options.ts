import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import type { Transport } from '../../client/index.ts';

export const help = `Writes a batch of posts before your eyes, as an ordinary client of Pressrun.

  npm run demo                        starts a server of its own on throw-away data
  npm run demo -- --posts 50          options go behind the two dashes

  --posts N          how many posts, from 1 to 10000 (10)
  --campaign FILE    the brief, as JSON (examples/fernway.en.json; examples/ has more)
  --transport NAME   how progress travels: websocket or sse (websocket)
  --serve            keep the server up afterwards, until Ctrl-C
  --url URL          use the server that runs there instead of starting one
  --help             this text

Environment variables and .env set the server up as they do for npm start. With DATA_DIR set, the data stays
there. It ends with 0 when every post is completed and its caption and image were found to be good.
`;

export type Options = {
  postCount: number;
  campaignFile: string;
  transport: Transport;
  serve: boolean;
  /** Where GraphQL is served. Undefined: the demo starts a server. */
  url: string | undefined;
};

/** The command line is wrong. The message is one line and names the flag. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line.
 *
 * @returns what to do, or `help`.
 * @throws UsageError
 */
export function parseOptions(args: string[]): Options | 'help' {
  const { posts, campaign, transport, serve, url, help: wantsHelp } = parseFlags(args);
  if (wantsHelp === true) return 'help';
  if (transport !== 'websocket' && transport !== 'sse') {
    throw new UsageError(`--transport must be websocket or sse, not "${transport}".`);
  }
  if (serve === true && url !== undefined) {
    throw new UsageError('--serve keeps the demo’s own server up; it does not go with --url.');
  }
  return {
    postCount: parsePostCount(posts),
    campaignFile: campaign ?? defaultCampaign(),
    transport,
    serve: serve ?? false,
    url: url === undefined ? undefined : parseUrl(url),
  };
}

function parseFlags(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        posts: { type: 'string', default: '10' },
        campaign: { type: 'string' },
        transport: { type: 'string', default: 'websocket' },
        serve: { type: 'boolean' },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    // Node puts advice on how to pass odd values behind the first sentence.
    const [message] = error instanceof Error ? error.message.split(/(?<=')\. |\n/) : [String(error)];
    throw new UsageError(`${message}; --help lists what there is.`, { cause: error });
  }
}

function parsePostCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= 10_000) return count;
  throw new UsageError(`--posts must be a whole number from 1 to 10000, not "${text}".`);
}

function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url must be an address such as http://127.0.0.1:4000/graphql, not "${text}".`);
  }
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
}

/** The first of the examples, wherever the demo was started from. */
function defaultCampaign(): string {
  return relative('.', fileURLToPath(new URL('../../examples/fernway.en.json', import.meta.url)));
}
