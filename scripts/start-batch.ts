import { createInterface } from 'node:readline/promises';
import { startBatch, StoppedError } from './start-batch/order.ts';
import { readOptions } from './start-batch/options.ts';
import { ConnectionError, RequestError } from '../client/index.ts';

const options = readOptions(process.argv.slice(2));
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Asks whoever sits at the terminal. */
async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

try {
  process.exitCode = (await startBatch(options, { print, ask })) ? 0 : 1;
} catch (error) {
  const isExpected =
    error instanceof StoppedError || error instanceof RequestError || error instanceof ConnectionError;
  if (!isExpected) throw error;
  const fields = error instanceof RequestError ? error.reasons.flatMap((reason) => reason.fields ?? []) : [];
  const lines =
    fields.length === 0 ? [error.message] : fields.map(({ path, message }) => `${path}: ${message}`);
  process.stderr.write(lines.map((line) => `start-batch: ${line}\n`).join(''));
  process.exitCode = 2;
}
