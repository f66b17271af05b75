import { describe, expect, test } from 'vitest';
import { readCampaign } from '../../../src/demo/input/campaign.ts';
import { nearDuplicate, shinglesOf, similarity } from '../../../src/domain/checks/similarity.ts';
import { sampleCampaigns } from '../../../scripts/sample-posts.ts';
import { BANKS } from '../../../src/simulator/copy/languages.ts';
import { startSimulator } from '../support.ts';
import { askPlan, mostSameOpenings, planSchema, request } from './support.ts';

const brief = { brand: 'Fernway', description: 'A workshop for bicycles.', targetAudience: 'cyclists' };

function mostAlike(texts: readonly string[]): number {
  const all = texts.map(shinglesOf);
  const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => similarity(one, other)));
  return Math.max(...pairs);
}

describe('a plan', () => {
  test.each([...BANKS.keys()])(
    'of a hundred items in "%s" has no two alike, and no two hooks that begin alike',
    async (language) => {
      const { openai } = await startSimulator();
      const items = await askPlan(openai, { ...brief, language }, 100);

      expect(items.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
      const texts = items.map(({ angle, hook, keyMessage }) => `${angle} ${hook} ${keyMessage}`);
      expect(mostAlike(texts)).toBeLessThan(nearDuplicate);
      expect(
        mostSameOpenings(
          items.map(({ hook }) => hook),
          3,
        ),
      ).toBe(1);
    },
  );

  test('asked for in windows has no hook twice', async () => {
    const { openai } = await startSimulator();
    const window = (first: number) =>
      askPlan(openai, brief, 0, { positions: Array.from({ length: 25 }, (_, index) => first + index) });
    const items = (await Promise.all([1, 26, 51, 76].map(window))).flat();

    expect(new Set(items.map(({ hook }) => hook)).size).toBe(100);
  });

  test('keeps what people gave, and repeats nothing that is taken', async () => {
    const { openai } = await startSimulator();
    const first = await askPlan(openai, brief, 20);
    const taken = first.map(({ hook }) => hook);
    const given = [{ position: 2, hook: 'Our own first line', scene: null }];
    const second = await askPlan(openai, brief, 20, { taken, given });

    expect(second[1]?.hook).toBe('Our own first line');
    expect(second.filter(({ hook }) => taken.includes(hook))).toEqual([]);
  });

  test('takes turns among the families, and shows what was asked of it', async () => {
    const { openai } = await startSimulator();
    const families = ['a checklist', 'a customer story'];
    const items = await askPlan(openai, brief, 4, { families, instruction: 'more about winter' });

    for (const { angle } of items)
      expect(angle).toMatch(/^A (?:checklist|customer story): .*more about winter/);
    expect(new Set(items.map(({ angle }) => angle.split(':')[0])).size).toBe(2);
  });

  test('speaks of the facts of its brief', async () => {
    const { openai } = await startSimulator();
    const items = await askPlan(openai, await readCampaign(sampleCampaigns.en), 20);

    expect(items.filter(({ keyMessage }) => keyMessage.includes('£45')).length).toBeGreaterThan(1);
    expect(items.every(({ scene }) => scene.includes('bicycle'))).toBe(true);
  });

  test('is the same for the same request and seed', async () => {
    const [one, other] = [await startSimulator({ seed: 7 }), await startSimulator({ seed: 7 })];

    expect(await askPlan(one.openai, brief, 30)).toEqual(await askPlan(other.openai, brief, 30));
  });

  test('streams its first items long before its last ones', async () => {
    const { openai } = await startSimulator({ timeScale: 0.05 });
    const positions = Array.from({ length: 60 }, (_, index) => index + 1);
    const parts = { brief, 'plan-request': { positions } };
    const started = performance.now();
    let content = '';
    let firstMs = 0;
    for await (const chunk of await openai.chat.completions.create({
      ...request(parts, planSchema),
      stream: true,
    })) {
      content += chunk.choices[0]?.delta.content ?? '';
      if (firstMs === 0 && content.includes('}')) firstMs = performance.now() - started;
    }

    expect(planSchema.parse(JSON.parse(content)).items).toHaveLength(60);
    expect(firstMs).toBeLessThan((performance.now() - started) / 3);
  });
});
