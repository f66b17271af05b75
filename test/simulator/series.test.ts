import { describe, expect, test } from 'vitest';
import { readCampaign } from '../../src/demo/input/campaign.ts';
import { figuresOf, sampleCampaigns, samplePosts, type SampleLanguage } from '../../scripts/sample-posts.ts';
import { startSimulator, writePost } from './support.ts';

const languages: readonly SampleLanguage[] = ['en', 'de', 'ja'];
const written = Object.fromEntries(languages.map((language) => [language, samplePosts(language, 50)]));

describe.each(languages)('fifty posts in "%s"', (language) => {
  const captionsOf = async () => ((await written[language]) ?? []).map(({ caption }) => caption);

  test('start with 45 different sentences or more, and repeat no sentence in more than three', async () => {
    const { starts, mostRepeated, shortest, longest } = figuresOf(await captionsOf(), language);
    expect(starts).toBeGreaterThanOrEqual(45);
    expect(mostRepeated).toBeLessThanOrEqual(3);
    expect(longest).toBeGreaterThan(shortest * 1.8);
  });

  test('say nothing with numbers that the brief does not', async () => {
    const { description } = await readCampaign(sampleCampaigns[language]);
    const numbers = (await captionsOf()).flatMap((caption) => caption.match(/\d+/g) ?? []);
    expect(numbers.filter((number) => !description.includes(number))).toEqual([]);
  });

  test('say that they are simulated', async () => {
    for (const caption of await captionsOf()) expect(caption).toContain('[simulated]');
  });
});

test.each([
  ['en', ['£45', 'Bristol', 'ready by 5 pm', 'book a slot at the workshop']],
  ['de', ['1962', 'Allgäu', 'keine Mindestmenge', 'kostenlosen Probelieferung']],
  ['ja', ['静岡県川根', '八十グラム', '茶園の便りへの登録']],
] as const)('posts in "%s" use the facts and the call to action of the brief', async (language, facts) => {
  const captions = ((await written[language]) ?? []).map(({ caption }) => caption);
  for (const fact of facts) {
    expect(captions.filter((caption) => caption.includes(fact)).length).toBeGreaterThan(5);
  }
});

test('posts do not quote a brief in another language than theirs', async () => {
  const { openai } = await startSimulator();
  const { description } = await readCampaign(sampleCampaigns.en);
  const posts = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((variation) =>
      writePost(openai, { brand: 'Fernway', description, language: 'de', variation }),
    ),
  );
  expect(posts.map(({ caption }) => caption).join('\n')).not.toMatch(/mechanics|brakes/);
});

test('posts do not repeat what the brief tells the writer', async () => {
  const captions = ((await written['en']) ?? []).map(({ caption }) => caption).join('\n');
  expect(captions).not.toMatch(/Speak of|Avoid fear|Ask readers/);
});

test.each(['FRIENDLY', 'PROFESSIONAL', 'PLAYFUL', 'BOLD', 'INSPIRING'])(
  'a German batch in the tone %s keeps to one form of address',
  async (tone) => {
    const { openai } = await startSimulator({ limits: { requestsPerMinute: 1_000_000 } });
    const brief = { ...(await readCampaign(sampleCampaigns.de)), tone };
    const posts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => writePost(openai, { ...brief, variation: index + 1 })),
    );
    const text = posts.map(({ caption }) => caption).join('\n');
    const isFamiliar = /\b(?:du|dich|dir|dein\w*|ihr|euch)\b/i.test(text);
    const isFormal = /(?<=\p{Ll},? )(?:Sie|Ihnen|Ihr\w*)\b/u.test(text);
    expect(isFamiliar && isFormal).toBe(false);
  },
);
