import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Channel, Transport } from '../../../client/index.ts';
import { commandLine, wholeNumber } from '../../command-line.ts';
import { channelNames } from './channels.ts';

export type Options = {
  /** How many items the plan has, each with a post for every channel and language. Undefined: as many as there are rows, else 10. */
  itemCount: number | undefined;
  campaignFile: string;
  /** Undefined: the campaign's. */
  channels: Channel[] | undefined;
  /** Undefined: the campaign's. */
  languages: string[] | undefined;
  /** What is given of the plan, as CSV. */
  rowsFile: string | undefined;
  brandFile: string | undefined;
  /** Asks before posts are written. */
  review: boolean;
  transport: Transport;
  serve: boolean;
  /** The folder that the posts are left in. */
  out: string;
  /** The address of GraphQL; undefined: on a server that the demo starts. */
  url: string | undefined;
};

/** Reads the command line. Ends the process with code 2 if a flag is invalid. */
export function readOptions(args: string[]): Options {
  const options = commandLine('npm run demo', 2)
    .description(
      'Plans and writes a batch of posts before your eyes, as an ordinary client of Pressrun, on a server of its own with throw-away data. The posts stay, in a folder.',
    )
    .option(
      '--posts <n>',
      'how many posts for each channel and language, from 1 to 10000 (default: 10)',
      wholeNumber(1, 10_000),
    )
    .option('--campaign <file>', 'the brief, as JSON; examples/ has more', defaultCampaign())
    .option('--channels <names>', "with commas between them (default: the brief's)", readChannels)
    .option('--languages <tags>', "such as en,de (default: the brief's)", readLanguages)
    .addOption(
      new Option(
        '--rows <file>',
        'what is given of the plan, as CSV, a post for each row; examples/rows.csv is one',
      ).conflicts('posts'),
    )
    .option('--brand <file>', 'the brand that the posts keep to, as JSON; examples/brands/ has some')
    .option('--review', 'show plan and price, and ask before posts are written', false)
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
  const { posts, campaign, rows, brand, channels, languages, url, ...others } = options;
  return {
    ...others,
    itemCount: posts,
    campaignFile: campaign,
    rowsFile: rows,
    brandFile: brand,
    channels,
    languages,
    url,
  };
}

function readChannels(text: string): Channel[] {
  return readList(text, (name) => {
    const channel = channelNames.find((known) => known === name.toUpperCase());
    if (channel !== undefined) return channel;
    const allowed = channelNames.join(',').toLowerCase();
    throw new InvalidArgumentError(`It must be some of ${allowed}.`);
  });
}

function readLanguages(text: string): string[] {
  return readList(text, (tag) => {
    try {
      return new Intl.Locale(tag).toString();
    } catch {
      throw new InvalidArgumentError('It must be language tags such as en,de,pt-BR.');
    }
  });
}

/** Reads values with commas between them. One that is named twice counts once. */
function readList<Value>(text: string, read: (word: string) => Value): Value[] {
  return [...new Set(text.split(',').map((word) => read(word.trim())))];
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
  return relative('.', fileURLToPath(new URL('../../../examples/fernway.en.json', import.meta.url)));
}
