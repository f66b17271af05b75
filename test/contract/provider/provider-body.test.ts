import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { createMemoryAdmission } from '../../../src/provider/admission/memory-admission.ts';
import { createDeadline, type Deadlines } from '../../../src/provider/deadline.ts';
import { guardChains } from '../../../src/provider/chains.ts';
import { parseModelName } from '../../../src/provider/openai/dialects.ts';
import { createOpenAiModel } from '../../../src/provider/openai/openai.ts';
import type { Model } from '../../../src/provider/provider.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A provider whose server answers 200 and then does as `answer` does. */
async function providerThat(answer: (response: ServerResponse) => void, ceilingMs: number): Promise<Model> {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const deadline = createDeadline({ floorMs: ceilingMs, ceilingMs });
  const deadlines: Deadlines = { object: deadline, text: deadline, image: deadline, embedding: deadline };
  const model = createOpenAiModel(parseModelName('gpt-5.4-mini'), {
    apiKey: 'key',
    baseUrl: `http://127.0.0.1:${port}/v1`,
  });
  return guardChains(
    { text: [model], image: [model] },
    {
      admission: createMemoryAdmission({ maxSlots: 10, limitsPerMinute: {} }),
      outages: { report: () => undefined, clear: () => undefined, current: async () => undefined },
      createDeadlines: () => deadlines,
      logger: createLogger('silent'),
    },
  ).provider.text.model('gpt-5.4-mini');
}

const write = (model: Model) =>
  model.generateObject(
    { schema: z.object({}), messages: [{ role: 'user', content: 'A post.' }], maxTokens: 100 },
    new AbortController().signal,
  );

it('an answer without an end is read up to a bound, and is BAD_ANSWER', async () => {
  let sentBytes = 0;
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const provider = await providerThat((response) => {
    const send = () => {
      if (response.destroyed) return;
      sentBytes += chunk.byteLength;
      response.write(chunk, send);
    };
    send();
  }, 60_000);
  await expect(write(provider)).rejects.toMatchObject({ code: 'BAD_ANSWER', paid: 'YES' });
  expect(sentBytes).toBeLessThan(100 * 1024 * 1024);
});

it('an answer that stops in its middle is given up at the deadline', async () => {
  const provider = await providerThat((response) => response.write('{"choices":['), 500);
  await expect(write(provider)).rejects.toMatchObject({ code: 'PROVIDER_TIMEOUT', paid: 'MAYBE' });
});
