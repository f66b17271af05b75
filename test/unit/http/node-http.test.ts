import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Asks a server ten times, after a full collection each, and says of which requests V8 held something as a dictionary. */
const program = `
  import { once } from 'node:events';
  import { setImmediate as turn } from 'node:timers/promises';
  import { createServer } from './src/node-http.ts';

  const isFast = new Function('object', 'return %HasFastProperties(object)');
  const slow = [];
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    response.writeHead(200, ['connection', 'close']);
    response.end();
    if (![request, response, request.socket].every(isFast)) slow.push(count);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  for (let asked = 0; asked < 10; asked += 1) {
    // What finalizers hold is free for the next one.
    for (let collections = 0; collections < 3; collections += 1) {
      gc();
      await turn();
    }
    await (await fetch('http://127.0.0.1:' + server.address().port)).text();
  }
  server.close();
  console.log(JSON.stringify({ count, slow }));
`;

test('requests stay fast when memory is collected between the first of them', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--allow-natives-syntax',
    '--input-type=module',
    '--eval',
    program,
  ]);

  expect(JSON.parse(stdout)).toEqual({ count: 10, slow: [] });
});
