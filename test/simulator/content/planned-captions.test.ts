import { expect, test } from 'vitest';
import { readCampaign } from '../../../src/demo/input/campaign.ts';
import { nearDuplicate, shinglesOf, similarity } from '../../../src/domain/checks/similarity.ts';
import { sampleCampaigns, type SampleLanguage } from '../../../scripts/sample-posts.ts';
import { startSimulator } from '../support.ts';
import { askPlan, askPost, mostSameOpenings, planOf } from './support.ts';

const brief = {
  brand: 'Fernway',
  description: 'Fernway is a workshop for bicycles. Every bike is checked twice.',
  tone: 'friendly',
  language: 'en',
  variation: 1,
};
const languages: readonly SampleLanguage[] = ['en', 'de', 'ja'];

test.each(languages)(
  'a hundred planned captions in "%s" open differently, and none is nearly another',
  async (language) => {
    const { openai } = await startSimulator({ limits: { requestsPerMinute: 1_000_000 } });
    const campaign = await readCampaign(sampleCampaigns[language]);
    const items = await askPlan(openai, campaign, 100);
    const posts = await Promise.all(
      items.map((item) =>
        askPost(openai, { plan: planOf(item), brief: { ...campaign, variation: item.position, of: 100 } }),
      ),
    );
    const captions = posts.map(({ caption }) => caption);

    expect(mostSameOpenings(captions, 4)).toBeLessThanOrEqual(2);
    const shingles = captions.map(shinglesOf);
    const pairs = shingles.flatMap((one, index) =>
      shingles.slice(index + 1).map((other) => similarity(one, other)),
    );
    expect(Math.max(...pairs)).toBeLessThan(nearDuplicate);
  },
);

test('a caption opens with the hook of its item, says its message, and its alt text tells the scene', async () => {
  const { openai } = await startSimulator();
  const plan = {
    angle: 'A question',
    hook: 'Who checks your brakes?',
    keyMessage: 'We look twice.',
    scene: 'A bicycle by a red door',
  };
  const { caption, altText } = await askPost(openai, { plan, brief });

  expect(caption).toMatch(/^Who checks your brakes\?/);
  expect(caption).toContain('We look twice.');
  expect(altText).toBe('A bicycle by a red door. [simulated]');
});

test('posts of one item say the same in each language', async () => {
  const { openai } = await startSimulator();
  const [item] = await askPlan(openai, { ...brief, description: undefined }, 1, { positions: [5] });
  const write = (language: string) => askPost(openai, { plan: item, brief: { ...brief, language } });
  const german = await write('de');
  const [own] = await askPlan(openai, { ...brief, description: undefined, language: 'de' }, 1, {
    given: [{ position: 1, hook: german.caption.slice(0, 200), keyMessage: 'x' }],
  });

  expect(own).toBeDefined();
  expect(german.caption).toMatch(/\b(?:und|der|die|das|ist)\b/);
  expect(german.altText).toMatch(/^(?:Zwei Hände|Ein|Eine) /);
  expect((await write('ja')).caption).toMatch(/[\u3040-\u30ff]/);
});

test('a rewrite opens otherwise than the caption that was sent back', async () => {
  const { openai } = await startSimulator();
  const [item] = await askPlan(openai, brief, 1);
  const first = await askPost(openai, { plan: item, brief });
  const second = await askPost(openai, {
    plan: item,
    rewrite: { caption: first.caption, whatIsWrong: [] },
    brief,
  });

  expect(second.caption.split(' ').slice(0, 2)).not.toEqual(first.caption.split(' ').slice(0, 2));
});

test('a wish is followed: shorter is shorter, and other words are worked in', async () => {
  const { openai } = await startSimulator();
  const [item] = await askPlan(openai, brief, 1);
  const { caption: previousCaption } = await askPost(openai, { plan: item, brief });
  const again = async (wish: string) =>
    (await askPost(openai, { plan: item, change: { version: 2, wish, previousCaption }, brief })).caption;

  expect((await again('Please make it shorter')).length).toBeLessThan(previousCaption.length * 0.7);
  expect(await again('Mention the lake.')).toContain('Mention the lake');
});

test('a caption keeps to the words of its brand, within the limit of its channel', async () => {
  const { openai } = await startSimulator();
  const items = await askPlan(openai, brief, 20);
  const brand = {
    forbiddenWords: ['worry', 'hard'],
    requiredWords: ['handmade'],
    preferredWords: [{ say: 'bicycle', insteadOf: 'bike' }],
    hashtags: ['FernwayRides'],
  };
  for (const item of items) {
    const { caption, hashtags } = await askPost(openai, {
      plan: planOf(item),
      brand,
      brief: { ...brief, variation: item.position, maxCaptionCharacters: 220 },
    });
    expect(caption).toContain('handmade');
    expect(caption).not.toMatch(/worry|\bhard\b|\bbike\b/i);
    expect(caption.length).toBeLessThanOrEqual(220);
    expect(hashtags).toContain('#FernwayRides');
  }
});
