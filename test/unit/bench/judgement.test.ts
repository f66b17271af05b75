import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { z } from 'zod';
import { expect, test } from 'vitest';
import { judgeDeliveries } from '../../../bench/fanout/judge.ts';
import { openConnection } from '../../../bench/http/load/connection.ts';

const report = new URL('../../../bench/support/report.ts', import.meta.url).href;
const resultSchema = z.object({ code: z.number().default(0), stdout: z.string() });

/** Ends a process with these targets. */
async function end(targets: string): Promise<z.output<typeof resultSchema>> {
  const program = `import { printTargets } from '${report}'; printTargets('one', ${targets});`;
  const ending = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return resultSchema.parse(await ending.catch((error: unknown) => error));
}

test.each([
  ['a met target', 0, `[{ name: 'a', value: 2, target: 1, better: 'higher' }]`],
  ['a missed target', 1, `[{ name: 'a', value: 2, target: 1, better: 'lower' }]`],
  ['a value that is not a number', 1, `[{ name: 'a', value: NaN, target: 1, better: 'lower' }]`],
  ['no target', 1, `[]`],
])('a benchmark with %s ends with exit code %i', async (_name, code, targets) => {
  expect((await end(targets)).code).toBe(code);
});

test('the last line of a benchmark is JSON that says which targets were met', async () => {
  const { stdout } = await end(`[{ name: 'a', value: 2, target: 1, better: 'lower' }]`);
  expect(JSON.parse(stdout)).toEqual({
    bench: 'one',
    targets: [{ name: 'a', value: 2, target: 1, better: 'lower', ok: false }],
  });
});

test('fan-out counts what a subscriber missed by the numbers of the events, whatever it was told twice', () => {
  const commits = [1, 2, 3].map((seq) => ({ batchId: 'batch', seq, atMs: 10 }));
  const told = [1, 1, 3].map((seq) => ({ subscriber: 7, seq, atMs: 12 }));
  expect(judgeDeliveries(commits, told, () => [7])).toEqual({ latencies: [2, 2], missed: 1, extra: 1 });
});

test('the load takes an answer of another byte, length or status for an error', async () => {
  const answers = [
    [200, 'hello'],
    [200, 'jello'],
    [200, 'hell'],
    [200, 'hello!'],
    [500, 'hello'],
  ] as const;
  const rest = [...answers];
  const server = createServer((request, response) => {
    const [status, body] = rest.shift() ?? [404, ''];
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-length': body.length }).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const request = Buffer.from('POST / HTTP/1.1\r\nhost: bench\r\ncontent-length: 0\r\n\r\n');
  const connection = await openConnection({ port, hostname: '127.0.0.1' }, request, Buffer.from('hello'));
  const isError: boolean[] = [];
  for (const _answer of answers) {
    const error = await new Promise((resolve: (error: Error | undefined) => void) => connection.ask(resolve));
    isError.push(error !== undefined);
  }
  connection.close();
  server.close();
  expect(isError).toEqual([false, true, true, true, true]);
});
