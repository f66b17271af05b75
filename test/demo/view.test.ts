import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { oneLine, pad, seconds, truncate, type Paint } from '../../src/demo/text.ts';
import type { Variants } from '../../src/demo/input/channels.ts';
import { postTable, summary } from '../../src/demo/report.ts';
import { drawBatch, tellEvent } from '../../src/demo/view.ts';
import {
  card,
  completed,
  completedCard,
  failed,
  stage,
  startedAt,
  stateAfter,
  summaryOf,
} from './support/story.ts';

const plain: Paint = (_style, text) => text;
const tagged: Paint = (style, text) => `<${style}>${text}</${style}>`;
const variants: Variants = { channels: ['INSTAGRAM'], languages: ['en'] };
const headed = (title: string) => ({ title, variants });
const after = (ms: number) => Date.parse(startedAt) + ms;

const fourPosts = stateAfter(
  4,
  stage('1', 'STARTED'),
  completed(
    '1',
    { completedCount: 1 },
    { caption: 'Wet leaves,\nearly dusk, and a bike that simply works.' },
  ),
  stage('2', 'STARTED'),
  stage('2', 'CAPTION_READY'),
  failed('3', { completedCount: 1, failedCount: 1 }),
);

describe('drawBatch', () => {
  it('shows the batch and each post, aligned', () => {
    expect(
      drawBatch(fourPosts, headed('Fernway · Ride'), { columns: 80, rows: 24 }, after(12_300), plain),
    ).toBe(
      [
        '',
        '  Fernway · Ride',
        '',
        '  Batch  ━━━━━━━━━━━━━━━━━━━━━━━━━────────────────────────  2 of 4        12 s',
        '         1 done · 1 in work · 1 waiting · 1 failed',
        '',
        '   1  ━━━━━━━━━━━━  done                8.1 s  Wet leaves, early dusk, and a…',
        '   2  ━━━━━───────  caption ready        12 s',
        '   3  ━━━━━━━━━━━━  failed         1 min 05 s  The provider refused it.',
        '   4  ────────────  waiting',
      ].join('\n'),
    );
  });

  it('shows what is in work, then what ended last, where not all posts fit', () => {
    const many = stateAfter(
      200,
      completed('1', { completedCount: 1 }),
      completed('2', { completedCount: 2 }, { finishedAt: '2026-01-01T00:00:09.000Z' }),
      ...[7, 3, 5].map((position) => stage(String(position), 'STARTED')),
    );
    const frame = drawBatch(many, headed('Title'), { columns: 80, rows: 14 }, after(10_000), plain);
    const shown = frame.split('\n').slice(6);
    expect(shown.map((line) => line.trim().split(/\s+/)[0])).toEqual(['3', '5', '7', '2', '1', '', '']);
    expect(frame).toContain('2 done · 3 in work · 195 waiting');
  });

  it.each([
    [80, 24],
    [100, 30],
    [60, 10],
  ])('keeps %i by %i columns and rows, and its height', (columns, rows) => {
    const japanese = { caption: '月の葉茶園とともに、確かな土台をつくりませんか。😊'.repeat(4) };
    const frames = [
      stateAfter(50),
      stateAfter(50, stage('1', 'STARTED'), completed('2', { completedCount: 1 }, japanese)),
    ].map((state) =>
      drawBatch(state, headed('月の葉茶園'.repeat(20)), { columns, rows }, after(70_000), plain).split('\n'),
    );
    for (const lines of frames) {
      expect(lines.length).toBe(rows - 1);
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThan(columns);
    }
  });

  it('takes the time from the clock of the server', () => {
    const ahead = { ...fourPosts, clockAheadMs: 5_000 };
    expect(drawBatch(ahead, headed(''), { columns: 80, rows: 24 }, after(0), plain)).toContain(
      'caption ready         5 s',
    );
  });

  it('paints what failed red and what is done green', () => {
    const frame = drawBatch(fourPosts, headed('T'), { columns: 80, rows: 24 }, after(0), tagged);
    expect(frame).toContain('<green>done         </green>');
    expect(frame).toContain('<red>failed       </red>');
    expect(frame).toMatch(/<green>━+<\/green><red>━+<\/red><dim>─+<\/dim>/);
  });

  it('shows no control characters of others', () => {
    const evil = completed(
      '1',
      { completedCount: 1 },
      { caption: '\u001B[2J\u001B]0;owned\u0007Hello\u0000\u0008 you' },
    );
    const frame = drawBatch(stateAfter(1, evil), headed('T'), { columns: 80, rows: 24 }, after(0), plain);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(frame).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F]/);
    expect(frame).toContain('Hello');
  });
});

describe('tellEvent', () => {
  it('gives one line for a post that ended, with where the batch stands', () => {
    const { event } = completed('1', { completedCount: 1 });
    expect(tellEvent(event, fourPosts, variants)).toBe(
      '  post 1 done      8.1 s   (1 done · 1 in work · 1 waiting · 1 failed)  Wet leaves, early dusk, and a bike that simply works.',
    );
    expect(tellEvent(failed('3', {}).event, fourPosts, variants)).toMatch(
      /^ {2}post 3 failed 1 min 05 s .*refused it\.$/,
    );
  });

  it('is silent about stages', () => {
    expect(tellEvent(stage('1', 'STARTED').event, fourPosts, variants)).toBeUndefined();
  });
});

describe('postTable', () => {
  const posts = [
    completedCard('1'),
    card('2', { status: 'FAILED', errorMessage: 'The provider refused it.' }),
  ];

  it('has the posts row by row in a file', () => {
    const [head, first, second] = postTable({ posts, items: [] }, variants, undefined, plain).split('\n');
    expect(head?.trim().split(/\s{2,}/)).toEqual(['#', 'Status', 'Seconds', 'Caption']);
    expect(first?.trim().split(/\s{2,}/)).toEqual(['1', 'COMPLETED', '8.1', 'Caption of post 1']);
    expect(second?.trim().split(/\s{2,}/)).toEqual(['2', 'FAILED', 'The provider refused it.']);
  });

  it('keeps to the width of a terminal', () => {
    const table = postTable(
      { posts: [completedCard('1', { caption: '月の葉茶園'.repeat(30) })], items: [] },
      variants,
      80,
      plain,
    );
    for (const line of table.split('\n')) expect(stringWidth(line)).toBeLessThan(80);
  });

  it('ends after a hundred rows', () => {
    const many = Array.from({ length: 105 }, (_, index) => completedCard(String(index + 1)));
    expect(postTable({ posts: many, items: [] }, variants, undefined, plain).split('\n')).toHaveLength(102);
    expect(postTable({ posts: many, items: [] }, variants, undefined, plain)).toContain('… and 5 more posts');
  });
});

describe('summary', () => {
  it('tells success, speed and cost', () => {
    const batch = summaryOf(10, { completedCount: 9, failedCount: 1 });
    expect(summary(batch)).toBe(
      '9 of 10 posts completed (90.0 %) in 23.4 s: 23.0 posts a minute for $0.0712.',
    );
  });
});

describe('text', () => {
  it('cuts to columns, not characters, and never through a character', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef');
    expect(truncate('abcdefg', 6)).toBe('abcde…');
    expect(truncate('月の葉茶園', 6)).toBe('月の…');
    expect(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 4)).toBe('👩‍👩‍👧‍👦…');
    expect(truncate('abc', 0)).toBe('');
  });

  it('fills up by columns', () => {
    expect(pad('月', 4)).toBe('月  ');
    expect(pad('7', 3, 'left')).toBe('  7');
  });

  it('writes times for people', () => {
    expect([seconds(8_149), seconds(59_999), seconds(59_999, 0), seconds(65_000), seconds(-5, 0)]).toEqual([
      '8.1 s',
      '59.9 s',
      '59 s',
      '1 min 05 s',
      '0 s',
    ]);
  });

  it('puts text on one line', () => {
    expect(oneLine(' a\n\tb\r\n ')).toBe('a b');
  });
});
