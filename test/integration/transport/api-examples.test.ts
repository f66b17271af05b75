import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startTestApp, type TestApp } from '../../support/app.ts';

const run = promisify(execFile);

const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) });
const nodeSchema = z.object({ id: z.string() });
const firstEdgeSchema = z.object({ edges: z.tuple([z.object({ node: nodeSchema })]).rest(z.unknown()) });

/** What later examples use of the answers of earlier ones. */
function learn(words: Map<string, string>, data: Record<string, unknown>): void {
  const login = z.object({ accessToken: z.string() }).safeParse(data['register'] ?? data['switchWorkspace']);
  if (login.success) words.set('TOKEN', login.data.accessToken);
  const me = z.object({ workspace: nodeSchema }).safeParse(data['me']);
  if (me.success) words.set('WORKSPACE_ID', me.data.workspace.id);
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
  const failures: { text: string; answer: unknown }[] = [];
  for (const { language, text } of examples) {
    const answer = language === 'ts' ? await runScript(app, words, text) : await ask(app, words, text);
    if (answer === '' || /"(code|errors)"/.test(JSON.stringify(answer))) failures.push({ text, answer });
  }
  expect(failures).toEqual([]);
});

/** Sends an operation, with the words in capitals put in, and keeps what later examples need. */
async function ask(app: TestApp, words: Map<string, string>, text: string): Promise<unknown> {
  const query = text.replaceAll(/"([A-Z_]+)"/g, (quoted, word: string) => {
    const value = words.get(word);
    return value === undefined ? quoted : JSON.stringify(value);
  });
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${words.get('TOKEN') ?? ''}` },
    body: JSON.stringify({ query }),
  });
  const answer: unknown = await response.json();
  const parsed = answerSchema.safeParse(answer);
  if (parsed.success) learn(words, parsed.data.data);
  return answer;
}

/** Runs a program on the client's source. @returns what it printed. */
async function runScript(app: TestApp, words: Map<string, string>, text: string): Promise<string> {
  const file = `docs/.example-${crypto.randomUUID()}.ts`;
  await writeFile(file, text.replace('@pressrun/client', '../client/index.ts'));
  try {
    const env = { ...Object.fromEntries(words), ORIGIN: app.url, URL: `${app.url}/graphql` };
    return (await run(process.execPath, [file], { env, timeout: 180_000 })).stdout;
  } finally {
    await rm(file);
  }
}
