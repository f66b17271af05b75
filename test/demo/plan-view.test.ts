import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { drawPage } from '../../src/demo/page.ts';
import { drawPlan, tellItem } from '../../src/demo/plan-view.ts';
import { findingsSummary, postTable } from '../../src/demo/report.ts';
import { isPlanning } from '../../src/demo/state.ts';
import type { Paint } from '../../src/demo/text.ts';
import { drawBatch } from '../../src/demo/view.ts';
import {
  completedCard,
  item,
  ordered,
  planned,
  plannedItem,
  startedAt,
  stateAfter,
  summaryOf,
} from './support/story.ts';

const plain: Paint = (_style, text) => text;
const after = (ms: number) => Date.parse(startedAt) + ms;
const four = { channels: ['LINKEDIN', 'X'], languages: ['en', 'de'] } as const;

describe('drawPlan', () => {
  it('shows each item in its place as soon as it is planned', () => {
    const state = stateAfter(3, ordered(3), plannedItem(2), plannedItem(1));
    expect(drawPlan(state, { columns: 80, rows: 24 }, after(2_300), plain)).toBe(
      [
        '',
        '  Plan   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────────────  2 of 3         2 s',
        '         posts: 0 done · 0 in work · 3 waiting',
        '',
        '   1  Angle 1                           Hook 1',
        '   2  Angle 2                           Hook 2',
        '   3  …',
      ].join('\n'),
    );
  });

  it.each([
    [80, 24],
    [60, 10],
  ])('keeps %i by %i columns and rows, and its height', (columns, rows) => {
    const long = { angle: '月の葉茶園'.repeat(20), hook: 'One line\nand another '.repeat(10) };
    const some = Array.from({ length: 30 }, (_, index) => plannedItem(index + 1, long));
    for (const state of [stateAfter(50, ordered(50)), stateAfter(50, ordered(50), ...some)]) {
      const lines = drawPlan(state, { columns, rows }, after(70_000), plain).split('\n');
      expect(lines.length).toBe(rows - 1);
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThan(columns);
    }
  });

  it('shows those that came last where not all items fit', () => {
    const state = stateAfter(50, ordered(50), ...[9, 4, 30].map((position) => plannedItem(position)));
    const frame = drawPlan(state, { columns: 80, rows: 7 }, after(0), plain);
    expect(
      frame
        .split('\n')
        .slice(4)
        .map((line) => line.trim().split(' ')[0]),
    ).toEqual(['4', '30']);
  });
});

describe('a plan', () => {
  it('is on its way until the batch is planned, and never if there is none', () => {
    expect(isPlanning(stateAfter(2, ordered(2), plannedItem(1)))).toBe(true);
    expect(isPlanning(stateAfter(2, ordered(2), plannedItem(1), planned(1)))).toBe(false);
    expect(isPlanning(stateAfter(2, ordered(0)))).toBe(false);
  });

  it('has a line for each item in a file', () => {
    const state = stateAfter(10, ordered(10), plannedItem(3));
    const [known] = state.plan.values();
    expect(known && tellItem(known, state)).toBe('  item  3 Angle 3 — Hook 3');
  });
});

describe('posts of a plan', () => {
  const posts = [
    completedCard('1', { channel: 'LINKEDIN', language: 'en' }),
    completedCard('4', {
      channel: 'X',
      language: 'de',
      findings: [{ code: 'OFF_BRAND', excerpt: 'cheap <b>' }],
    }),
    completedCard('5', { channel: 'LINKEDIN', language: 'en', altText: 'A lamp & a "bike"' }),
  ];
  const product = { posts, items: [item(1), item(2)], batch: summaryOf(3) };

  it('have the angle of their item in the table, and what they are for', () => {
    const rows = postTable(product, four, undefined, plain)
      .split('\n')
      .map((row) => row.trim().split(/\s{2,}/));
    expect(rows).toEqual([
      ['#', 'Status', 'Seconds', 'For', 'Angle', 'Caption'],
      ['1', 'COMPLETED', '8.1', 'LinkedIn en', 'Angle 1', 'Caption of post 1'],
      ['4', 'COMPLETED', '8.1', 'X de', 'Angle 1', 'Caption of post 4'],
      ['5', 'COMPLETED', '8.1', 'LinkedIn en', 'Angle 2', 'Caption of post 5'],
    ]);
    for (const row of postTable(product, four, 80, plain).split('\n'))
      expect(stringWidth(row)).toBeLessThan(80);
  });

  it('show what they are for while they are made', () => {
    const state = stateAfter(3, { type: 'listed', posts });
    const frame = drawBatch(
      state,
      { title: 'T', variants: four },
      { columns: 80, rows: 24 },
      after(0),
      plain,
    );
    expect(frame).toMatch(/^ +4 .* X de {9}Caption/m);
  });

  it('are named in a sentence if the checks found something', () => {
    expect(findingsSummary(posts)).toBe('1 post has findings: 4 (off brand)');
    expect(findingsSummary(posts.slice(0, 1))).toBeUndefined();
  });

  it('have angle, channel, language, alt text and findings on the page', () => {
    const campaign = {
      name: 'N',
      brand: 'B',
      description: 'D',
      tone: 'BOLD',
      targetAudience: 'A',
      language: 'en',
      channel: 'X',
    } as const;
    const page = drawPage({
      brief: { campaign, brand: undefined, rows: undefined, itemCount: 2, variants: four, postCount: 8 },
      product,
      images: new Map([[5, 'images/05.png']]),
      isSimulated: false,
    });
    expect(page).toContain('alt="A lamp &amp; a &quot;bike&quot;"');
    expect(page).toContain('>Angle 2</h2>');
    expect(page).toContain('>X de</p>');
    expect(page).toContain('off brand</span>: “cheap &lt;b&gt;”');
  });
});
