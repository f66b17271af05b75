import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  createClient,
  expectResult,
  followBatch,
  QuoteBatchDocument,
  StartBatchDocument,
  type StartBatchInput,
} from '../../client/index.ts';
import { CsvFileError, readRows, type CsvRows } from '../../src/csv-rows.ts';
import { shapesOf, variantsOf } from '../../src/domain/plans/variants.ts';
import type { Options } from './options.ts';

/** Nothing was started. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}

/** Where the program speaks. `ask` answers undefined where nobody can answer. */
export type Screen = {
  print(line: string): void;
  ask(question: string): Promise<string | undefined>;
};

/**
 * Orders a batch of a file's rows, if all of them are good or bad ones may be left out, and if whoever asks for it agrees to what it
 * costs. Then follows it.
 *
 * @returns whether all posts were completed; with `review`, whether all was planned.
 * @throws StoppedError, RequestError, ConnectionError
 */
export async function startBatch(options: Options, screen: Screen): Promise<boolean> {
  const rows = await usableRows(options, screen);
  const { url, token, campaign: campaignId, channels, languages, review } = options;
  const client = createClient({ url, token });
  const order = { campaignId, postCount: rows.length, channels, languages };
  const { quoteBatch } = await client.run(QuoteBatchDocument, { input: order });
  const quote = expectResult(quoteBatch, 'BatchQuote');

  const variants = variantsOf({ channels, languages }, { channel: 'INSTAGRAM', language: '' });
  const posts = count(rows.length * variants.length, 'post');
  const images = count(rows.length * shapesOf(variants).length, 'image');
  screen.print(`${count(rows.length, 'row')} of ${options.rows}: ${posts}, ${images}`);
  screen.print(
    `Expected cost ${dollars(quote.expectedCost)}, at most ${dollars(quote.maximumCost)}; about ${duration(quote.estimatedSeconds)}`,
  );
  if (!options.yes) await requireYes(screen);

  const input: StartBatchInput = { ...order, rows, review };
  // Whoever runs it again after a lost answer pays once.
  input.idempotencyKey = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  const { startBatch: started } = await client.run(StartBatchDocument, { input });
  const { id } = expectResult(started, 'Batch');
  screen.print(`Batch ${id} is started; the same rows and options mean this batch for 24 hours`);
  return follow(options, id, screen);
}

/** @returns the rows that can be used. @throws StoppedError, after it has named the others, unless they may be left out. */
async function usableRows({ rows: file, skipBad }: Options, screen: Screen): Promise<CsvRows['rows']> {
  const { rows, badRows, faults } = await read(file);
  for (const { line, column, message } of faults) screen.print(`${file}:${line}:${column}: ${message}`);
  if (badRows > 0 && !skipBad)
    throw new StoppedError(
      `${count(badRows, 'row')} cannot be used; mend them, or leave them out by --skip-bad`,
    );
  if (rows.length === 0) throw new StoppedError(`${file} has no row that can be used`);
  return rows;
}

async function read(file: string): Promise<CsvRows> {
  try {
    return readRows(await readFile(file));
  } catch (error) {
    if (error instanceof CsvFileError)
      throw new StoppedError(`${file}:${error.line}: ${error.message}`, { cause: error });
    if (error instanceof Error && 'code' in error)
      throw new StoppedError(`${file} cannot be read (${String(error.code)})`, { cause: error });
    throw error;
  }
}

/** @throws StoppedError unless somebody says yes. */
async function requireYes({ ask }: Screen): Promise<void> {
  const answer = await ask('Start? [y/N] ');
  if (answer === undefined) throw new StoppedError('nobody can answer here: say --yes to start');
  if (!/^y(es)?$/i.test(answer.trim())) throw new StoppedError('nothing was started');
}

/** Follows a batch to its end, or until its plan waits for approval. */
async function follow({ url, token, review }: Options, batchId: string, { print }: Screen): Promise<boolean> {
  let isGood = false;
  let shown = 0;
  for await (const event of followBatch({ url, token, batchId })) {
    if (event.__typename === 'BatchPlannedEvent') {
      print(`${count(event.plannedCount, 'item')} planned`);
      if (!review) continue;
      print('The plan waits for approval');
      return true;
    }
    if (event.__typename === 'BatchPausedEvent') print(`Paused: ${event.reason}`);
    if (!('progress' in event)) continue;
    const { postCount, completedCount, failedCount, remainingCount } = event.progress;
    isGood = completedCount === postCount;
    // A line for each tenth of the posts.
    const tenths = Math.floor((10 * (postCount - remainingCount)) / postCount);
    if (tenths === shown) continue;
    shown = tenths;
    print(`${completedCount} of ${count(postCount, 'post')} completed, ${failedCount} failed`);
  }
  return isGood;
}

const number = new Intl.NumberFormat('en');
const count = (many: number, noun: string) => `${number.format(many)} ${noun}${many === 1 ? '' : 's'}`;
const dollars = (amount: number) => `$${amount.toFixed(2)}`;

function duration(seconds: number): string {
  return seconds < 90 ? count(Math.ceil(seconds), 'second') : count(Math.ceil(seconds / 60), 'minute');
}
