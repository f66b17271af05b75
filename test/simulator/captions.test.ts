import { describe, expect, test } from 'vitest';
import { BANKS } from '../../src/simulator/copy/languages.ts';
import { startSimulator, writePost } from './support.ts';

const BRIEF = { brand: 'Nordlicht', tone: 'FRIENDLY', targetAudience: 'night owls', language: 'en' };

/** Frequent small words that are rare in the other languages: enough to tell them apart. */
const SMALL_WORDS: Readonly<Record<string, readonly string[]>> = {
  en: ['the', 'you', 'and', 'with', 'what', 'for', 'your', 'is'],
  de: ['und', 'der', 'die', 'das', 'mit', 'für', 'dich', 'du', 'ist', 'zu'],
  fr: ['les', 'et', 'vous', 'le', 'une', 'avec', 'qui', 'pour', 'dès', 'sur'],
  es: ['el', 'los', 'y', 'con', 'por', 'sin', 'que', 'para', 'del', 'una'],
  it: ['il', 'che', 'e', 'con', 'per', 'della', 'è', 'di', 'un', 'non'],
  pt: ['o', 'os', 'com', 'uma', 'não', 'um', 'para', 'é', 'do', 'sem', 'mais'],
  nl: ['het', 'een', 'je', 'met', 'voor', 'van', 'en', 'wat', 'de', 'op'],
  pl: ['i', 'się', 'to', 'nie', 'na', 'co', 'z', 'dla', 'przez', 'jest', 'w'],
  sv: ['och', 'det', 'som', 'är', 'att', 'dig', 'för', 'i', 'av', 'med'],
  da: ['og', 'det', 'der', 'er', 'at', 'dig', 'til', 'på', 'af', 'den'],
};

function guessLanguage(text: string): string | undefined {
  if (/[\u3040-\u30ff]/.test(text)) return 'ja';
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const scores = Object.entries(SMALL_WORDS).map(([language, small]) => ({
    language,
    score: words.filter((word) => small.includes(word)).length,
  }));
  return scores.toSorted((one, other) => other.score - one.score)[0]?.language;
}

describe('a caption', () => {
  test.each([...BANKS.keys()])('asked for in "%s" is written in that language', async (language) => {
    const { openai } = await startSimulator();
    const variations = Array.from({ length: 6 }, (_, index) => index + 1);
    const posts = await Promise.all(
      variations.map((variation) => writePost(openai, { ...BRIEF, language, variation, of: 6 })),
    );

    expect(guessLanguage(posts.map(({ caption }) => caption).join(' '))).toBe(language);
    expect(posts.map(({ caption }) => caption).join(' ')).toContain('Nordlicht');
  });

  test('asked for in Brazilian Portuguese is written in Portuguese', async () => {
    const { openai } = await startSimulator();

    const posts = await Promise.all(
      [1, 2, 3].map((variation) => writePost(openai, { ...BRIEF, language: 'pt-BR', variation })),
    );
    expect(guessLanguage(posts.map(({ caption }) => caption).join(' '))).toBe('pt');
  });

  test('in a language that the simulator lacks is English and says which was asked for', async () => {
    const { openai } = await startSimulator();
    const { caption } = await writePost(openai, { ...BRIEF, language: 'ko', languageName: 'Korean' });

    expect(guessLanguage(caption)).toBe('en');
    expect(caption).toContain('Korean');
    expect(caption).toContain('[simulated');
  });

  test('says that it is simulated', async () => {
    const { openai } = await startSimulator();

    expect((await writePost(openai, BRIEF)).caption).toMatch(/\[simulated\]$/);
  });

  test.each([20, 40, 80, 140, 280])(
    'keeps to %i characters, the marker included',
    async (maxCaptionCharacters) => {
      const { openai } = await startSimulator();
      for (const language of BANKS.keys()) {
        const { caption } = await writePost(openai, { ...BRIEF, language, maxCaptionCharacters });

        expect(caption.length).toBeLessThanOrEqual(maxCaptionCharacters);
        expect(caption).toContain('[simulated]');
      }
    },
  );

  test('keeps to the number of hashtags', async () => {
    const { openai } = await startSimulator();

    expect((await writePost(openai, { ...BRIEF, maxHashtags: 2 })).hashtags).toHaveLength(2);
    expect((await writePost(openai, { ...BRIEF, maxHashtags: 0 })).hashtags).toEqual([]);
  });

  test('is the same for the same prompt and seed', async () => {
    const one = await startSimulator({ seed: 7 });
    const other = await startSimulator({ seed: 7 });

    expect(await writePost(one.openai, BRIEF)).toEqual(await writePost(other.openai, BRIEF));
  });

  test('is another one with another seed', async () => {
    const one = await startSimulator({ seed: 7 });
    const other = await startSimulator({ seed: 8 });

    expect(await writePost(one.openai, BRIEF)).not.toEqual(await writePost(other.openai, BRIEF));
  });

  test('of a batch of a hundred is never the same as another', async () => {
    const { openai } = await startSimulator({ limits: { requestsPerMinute: 1_000_000 } });
    const variations = Array.from({ length: 100 }, (_, index) => index + 1);
    const posts = await Promise.all(
      variations.map((variation) => writePost(openai, { ...BRIEF, variation, of: 100 })),
    );

    expect(new Set(posts.map(({ caption }) => caption)).size).toBe(100);
  });

  test('sounds different in another tone', async () => {
    const { openai } = await startSimulator();
    const tones = ['FRIENDLY', 'PROFESSIONAL', 'PLAYFUL', 'BOLD', 'INSPIRING'];
    const posts = await Promise.all(tones.map((tone) => writePost(openai, { brand: 'Nordlicht', tone })));

    expect(new Set(posts.map(({ caption }) => caption.slice(0, 20))).size).toBe(tones.length);
  });

  test('for a prompt without a brief is a plain English one', async () => {
    const { openai } = await startSimulator();
    const completion = await openai.chat.completions.create({
      model: 'gpt-5.4-mini',
      messages: [{ role: 'user', content: 'Write me something.' }],
    });

    expect(completion.choices[0]?.message.content).toContain('[simulated]');
    expect(guessLanguage(completion.choices[0]?.message.content ?? '')).toBe('en');
  });

  test('survives a brief whose values make no sense', async () => {
    const { openai } = await startSimulator();

    expect(
      (await writePost(openai, { brand: 5, maxHashtags: 'many', language: '??', variation: -1 })).caption,
    ).toContain('[simulated');
  });

  test('does not repeat a fault marker of the brief', async () => {
    const { openai } = await startSimulator();
    const { caption } = await writePost(openai, { ...BRIEF, brand: 'Acme [[simulate:nothing]]' });

    expect(caption).not.toContain('[[');
  });
});
