import { describe, expect, test } from 'vitest';
import { shinglesOf, similarity } from '../../../src/domain/checks/similarity.ts';
import { createFlawBook } from '../../../src/simulator/behaviour/flaws.ts';
import { startSimulator } from '../support.ts';
import { askPlan, askPost, askVerdict } from './support.ts';

const brief = { brand: 'Fernway', language: 'en', tone: 'friendly', maxCaptionCharacters: 220, variation: 1 };

describe('a fault of the content', () => {
  test('repetitive gives a caption nearly as another one of the brief', async () => {
    const { openai, control } = await startSimulator();
    const first = await askPost(openai, { brief });
    control.setFaults([{ kind: 'repetitive' }]);
    const second = await askPost(openai, { brief: { ...brief, variation: 2 } });

    expect(similarity(shinglesOf(first.caption), shinglesOf(second.caption))).toBeGreaterThan(0.9);
    expect(control.violations().violations).toMatchObject([{ kind: 'repetitive', variation: 2 }]);
  });

  test('repetitive gives items of a plan nearly as others of it', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'repetitive' }]);
    const items = await askPlan(openai, brief, 40);
    const { violations } = control.violations();

    expect(violations.length).toBeGreaterThan(3);
    const messages = new Set(items.map(({ keyMessage }) => keyMessage));
    expect(messages.size).toBeLessThan(40);
    const hooks = items.map(({ hook }) => hook);
    for (const { text, variation } of violations) expect(hooks[(variation ?? 0) - 1]).toBe(text);
  });

  test.each([
    ['en', 'guarantee', /guarantees?\b/],
    ['de', 'billig', /billige?\b/],
    ['ja', '激安', /激安/],
  ])('off_brand uses a forbidden word in "%s", in one form or another', async (language, word, form) => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'off_brand' }]);
    const { caption } = await askPost(openai, {
      brand: { forbiddenWords: [word] },
      brief: { ...brief, language },
    });

    expect(caption).toMatch(form);
    expect(control.violations().violations).toMatchObject([{ kind: 'off_brand', text: caption, language }]);
  });

  test('off_brand has no occasion without a brand', async () => {
    const { openai, control } = await startSimulator();
    control.setFaults([{ kind: 'off_brand' }]);
    await askPost(openai, { brief });

    expect(control.violations().violations).toEqual([]);
  });

  test('wrong_language, invented_price and too_long do what they say', async () => {
    const { openai, control } = await startSimulator();
    const struck = async (kind: 'wrong_language' | 'invented_price' | 'too_long') => {
      control.setFaults([{ kind }]);
      return (await askPost(openai, { brief })).caption;
    };

    expect(await struck('wrong_language')).toMatch(/ (?:und|der|die|dir|est|les|vous|une) /);
    expect(await struck('invented_price')).toMatch(/\$\d+\.90/);
    expect((await struck('too_long')).length).toBeGreaterThan(220 * 1.3);
    expect(control.stats().chat.faults).toMatchObject({ wrong_language: 1, invented_price: 1, too_long: 1 });
  });

  test('strikes captions by a marker, and a rewrite only if its rule says so', async () => {
    const { openai, control } = await startSimulator();
    const marked = { ...brief, description: 'A workshop. [[simulate:too_long]]' };
    const rewrite = { caption: 'x', whatIsWrong: [] };
    await askPost(openai, { brief: marked });
    await askPost(openai, { rewrite, brief: marked });
    await askPlan(openai, marked, 2);
    expect(control.violations().violations).toHaveLength(1);

    control.setFaults([{ kind: 'too_long', rewrites: true }]);
    await askPost(openai, { rewrite, brief });
    expect(control.violations().violations).toHaveLength(2);
  });

  test('is listed for others to look up, until the counts start again', async () => {
    const { openai, origin } = await startSimulator({ faults: { invented_price: 1 } });
    const { caption } = await askPost(openai, { brief });
    const listed = async () => (await fetch(`${origin}/control/violations`)).json();

    expect(await listed()).toMatchObject({
      forgotten: 0,
      violations: [{ kind: 'invented_price', text: caption, language: 'en', variation: 1 }],
    });
    await fetch(`${origin}/control/stats`, { method: 'DELETE' });
    expect(await listed()).toEqual({ forgotten: 0, violations: [] });
  });

  test('is forgotten when there are too many, so that memory stays bounded', () => {
    const book = createFlawBook();
    for (let variation = 0; variation < 5_001; variation++)
      book.note({ kind: 'too_long', text: '', excerpt: '', language: 'en', variation, sha256: '' });

    expect(book.violations()).toMatchObject({ forgotten: 1 });
    expect(book.violations().violations).toHaveLength(5_000);
  });
});

describe('a judgement', () => {
  const clauses = ['promise speed', 'mock anybody', 'use superlatives'].map((text, index) => ({
    id: `voice.dont.${index + 1}`,
    text,
  }));

  test('names the clause that a caption was made to break, with the words', async () => {
    const { openai, control } = await startSimulator({ faults: { off_brand: 1 } });
    const brand = { dont: ['Use superlatives.'] };
    const { caption } = await askPost(openai, { brand, brief: { ...brief, maxCaptionCharacters: 500 } });
    const { violations } = await askVerdict(openai, { judge: { caption, clauses } });

    const [planted] = control.violations().violations;
    expect(violations).toContainEqual({ clause: 'voice.dont.3', excerpt: planted?.excerpt });
  });

  test('is wrong now and then, but not when the clauses are turned', async () => {
    const { openai } = await startSimulator({ limits: { requestsPerMinute: 1_000_000 } });
    const captions = Array.from({ length: 200 }, (_, index) => `Caption ${index}. Nothing is wrong with it.`);
    const judged = await Promise.all(
      captions.map(async (caption) => {
        const one = await askVerdict(openai, { judge: { caption, clauses } });
        const other = await askVerdict(openai, { judge: { caption, clauses: clauses.toReversed() } });
        const both = one.violations.filter(({ clause }) =>
          other.violations.some((each) => each.clause === clause),
        );
        return { wrong: one.violations.length, both: both.length };
      }),
    );
    const wrong = judged.reduce((sum, each) => sum + each.wrong, 0);

    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(40);
    expect(judged.reduce((sum, { both }) => sum + both, 0)).toBeLessThanOrEqual(1);
  });
});
