import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApp } from '../support/app.ts';

const run = promisify(execFile);

const answerSchema = z.object({ data: z.record(z.string(), z.unknown()), errors: z.undefined().optional() });
const nodeSchema = z.object({ id: z.string() });
const firstEdgeSchema = z.object({ edges: z.tuple([z.object({ node: nodeSchema })]).rest(z.unknown()) });

/** What later examples use of the answers of earlier ones. */
function learn(words: Map<string, string>, data: Record<string, unknown>): void {
  const login = z.object({ accessToken: z.string() }).safeParse(data['register']);
  if (login.success) words.set('TOKEN', login.data.accessToken);
  for (const [field, word] of [
    ['createCampaign', 'CAMPAIGN_ID'],
    ['startBatch', 'BATCH_ID'],
  ] as const) {
    const node = nodeSchema.safeParse(data[field]);
    if (node.success) words.set(word, node.data.id);
  }
  const posts = firstEdgeSchema.safeParse(data['posts']);
  if (posts.success) words.set('POST_ID', posts.data.edges[0].node.id);
}

it('every example in docs/api.md works, one after another', async () => {
  await using app = await startTestApp();
  const page = await readFile('docs/api.md', 'utf8');
  const examples = [...page.matchAll(/```(graphql|ts)\n(.*?)```/gs)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
  expect(examples.length).toBeGreaterThan(15);
  const words = new Map([['EMAIL', `${crypto.randomUUID()}@example.com`]]);
  for (const { language, text } of examples) {
    if (language === 'ts') {
      const { stdout } = await runScript(text, {
        ...Object.fromEntries(words),
        ORIGIN: app.url,
        URL: `${app.url}/graphql`,
      });
      expect(stdout, text).not.toBe('');
      continue;
    }
    const query = text.replaceAll(/"([A-Z_]+)"/g, (quoted, word: string) => {
      const value = words.get(word);
      return value === undefined ? quoted : JSON.stringify(value);
    });
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${words.get('TOKEN') ?? ''}` },
      body: JSON.stringify({ query }),
    });
    const { data } = answerSchema.parse(await response.json(), { error: () => `answer to ${query}` });
    expect(JSON.stringify(data), query).not.toContain('"code"');
    learn(words, data);
  }
});

/** Runs a program inside this package, which knows itself as `pressrun`. */
async function runScript(text: string, env: Record<string, string>) {
  const file = `docs/.example-${crypto.randomUUID()}.ts`;
  await writeFile(file, text);
  try {
    return await run(process.execPath, [file], { env, timeout: 20_000 });
  } finally {
    await rm(file);
  }
}
