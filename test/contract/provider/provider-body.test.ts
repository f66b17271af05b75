import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
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

/** The address of a server that does as `answer` does. */
async function serverThat(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/v1`;
}

/** A provider whose server answers 200 and then does as `answer` does. */
async function providerThat(answer: (response: ServerResponse) => void, ceilingMs: number): Promise<Model> {
  const baseUrl = await serverThat((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    answer(response);
  });
  const deadline = createDeadline({ floorMs: ceilingMs, ceilingMs });
  const deadlines: Deadlines = { object: deadline, text: deadline, image: deadline, embedding: deadline };
  const model = createOpenAiModel(parseModelName('gpt-5.4-mini'), { apiKey: 'key', baseUrl });
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

it.each(['', '{"error":{"mess'])(
  'an error whose body is cut after %j is what its status says',
  async (start) => {
    const baseUrl = await serverThat((_request, response) => {
      response.writeHead(429, {
        'content-type': 'application/json',
        'retry-after': '2',
        'content-length': 500,
      });
      response.write(start, () => response.destroy());
      response.flushHeaders();
    });
    const model = createOpenAiModel(parseModelName('gpt-5.4-mini'), { apiKey: 'key', baseUrl });
    await expect(write(model)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      paid: 'NO',
      retryAfterMs: 2_000,
    });
  },
);

it('the thinking of a model counts as its output', async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 };
  const choices = [{ message: { content: '{}' }, finish_reason: 'stop' }];
  const provider = await providerThat((response) => response.end(JSON.stringify({ choices, usage })), 60_000);
  expect((await write(provider)).usage).toEqual({ inputTokens: 10, outputTokens: 30 });
});

it('what the environment has for OpenAI goes to no other provider', async () => {
  const heard: IncomingHttpHeaders[] = [];
  const baseUrl = await serverThat((request, response) => {
    heard.push(request.headers);
    response.writeHead(500).end();
  });
  vi.stubEnv('OPENAI_ORG_ID', 'org-1');
  vi.stubEnv('OPENAI_PROJECT_ID', 'proj-1');
  vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'X-Team: press\nAuthorization: Bearer other');
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ['gpt-5.4-mini', 'gemini:gemini-2.5-flash'])
    await expect(
      write(createOpenAiModel(parseModelName(name), { apiKey: 'key', baseUrl })),
    ).rejects.toThrow();
  const [ours, theirs] = heard;
  expect(ours).toMatchObject({
    'openai-organization': 'org-1',
    'openai-project': 'proj-1',
    'x-team': 'press',
  });
  for (const header of ['openai-organization', 'openai-project', 'x-team'])
    expect(theirs).not.toHaveProperty(header);
  expect(theirs).toMatchObject({ authorization: 'Bearer key' });
});
