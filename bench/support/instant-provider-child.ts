import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { clockMs, serveParent } from './child.ts';

/** OpenAI's API as far as Pressrun calls it, answering at once: nothing is drawn, waited for or limited. */
const usage = { prompt_tokens: 300, completion_tokens: 100, input_tokens: 100, output_tokens: 196 };
const content = JSON.stringify({ caption: 'Fresh beans, gentle roast.', hashtags: ['coffee', 'cycling'] });
const caption = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage,
});
// The first and the last bytes of a PNG file: what is between them is not looked at.
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const pngEnd = Buffer.from('\0\0\0\0IEND\xae\x42\x60\x82', 'latin1');
/** Each picture is another one, or the asset store would have it already. */
const picture = () => {
  const png = Buffer.concat([pngSignature, randomBytes(64), pngEnd]).toString('base64');
  return JSON.stringify({ created: 1, data: [{ b64_json: png }], usage });
};

let arrivalsMs: number[] = [];
const server = createServer((request, response) => {
  arrivalsMs.push(clockMs());
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(request.url === '/v1/images/generations' ? picture() : caption);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  serveParent({
    ready: { url: `http://127.0.0.1:${port}/v1` },
    report() {
      const report = { arrivalsMs };
      arrivalsMs = [];
      return report;
    },
    close: async () => server.closeAllConnections(),
  });
});
