import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { commandLine } from '../../src/command-line.ts';
import { channelNames, type Channel } from '../../src/domain/posts/channels.ts';

export type Options = {
  /** Global id. */
  campaign: string;
  /** The CSV file. */
  rows: string;
  channels: Channel[];
  languages: string[];
  review: boolean;
  skipBad: boolean;
  yes: boolean;
  url: string;
  token: string;
};

/** Reads the command line. Ends the process with code 2 if it is not understood. */
export function readOptions(args: string[]): Options {
  return commandLine('npm run start-batch', 2)
    .description(
      'Starts a batch from the rows of a CSV file, after it has told what that costs, and follows it to its end.',
    )
    .requiredOption('--campaign <id>', 'the campaign that the posts are written for')
    .requiredOption(
      '--rows <file>',
      'CSV with a header: angle, hook, keyMessage, scene, audience, or some of them',
    )
    .option('--channels <names>', 'such as INSTAGRAM,X; that of the campaign by default', readChannels, [])
    .option('--languages <tags>', 'such as en,pt-BR; that of the campaign by default', readList, [])
    .option('--review', 'stop when all is planned, so that a person approves it', false)
    .option(
      '--skip-bad',
      'leave out rows that cannot be used; without it, they are named and nothing starts',
      false,
    )
    .option('--yes', 'start without a question', false)
    .option('--url <url>', 'the address of GraphQL', 'http://127.0.0.1:4000/graphql')
    .addOption(new Option('--token <token>', 'an access token').env('PRESSRUN_TOKEN').makeOptionMandatory())
    .addHelpText('after', '\nIt ends with 0 if all posts are completed, or planned with --review.')
    .parse(args, { from: 'user' })
    .opts();
}

const readList = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

function readChannels(text: string): Channel[] {
  return readList(text).map((name) => {
    const channel = channelNames.find((one) => one === name.toUpperCase());
    if (channel === undefined) throw new InvalidArgumentError(`Channels are ${channelNames.join(', ')}.`);
    return channel;
  });
}
