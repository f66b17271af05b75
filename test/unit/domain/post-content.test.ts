import { expect, it } from 'vitest';
import { fitToChannel } from '../../../src/domain/posts/content.ts';

it('leaves a caption that fits as it is', () => {
  expect(fitToChannel('X', { caption: 'Short and good.', hashtags: [] }).caption).toBe('Short and good.');
});

it('cuts a caption that is too long for its channel at a word', () => {
  const { caption } = fitToChannel('X', { caption: 'word '.repeat(100), hashtags: [] });
  expect(caption.length).toBeLessThanOrEqual(280);
  expect(caption).toMatch(/word…$/);
});

it('counts an emoji as one character and never cuts it in half', () => {
  const { caption } = fitToChannel('PINTEREST', { caption: '😀'.repeat(600), hashtags: [] });
  expect(Array.from(caption)).toHaveLength(500);
  expect(caption.isWellFormed()).toBe(true);
});

it.each([
  ['an emoji', '😀'],
  ['a family of emoji', '👨‍👩‍👧‍👦'],
  ['a Japanese character', '茶'],
  ['a Korean character', '차'],
])('counts %s double on X', (_what, character) => {
  expect(fitToChannel('X', { caption: character.repeat(140), hashtags: [] }).caption).toBe(
    character.repeat(140),
  );
  expect(fitToChannel('X', { caption: character.repeat(141), hashtags: [] }).caption).toMatch(/…$/);
});

it('leaves out the hashtags that do not fit behind a caption on X', () => {
  const caption = 'c'.repeat(270);
  expect(fitToChannel('X', { caption, hashtags: ['tea', 'coffee'] }).hashtags).toEqual(['#tea']);
  expect(fitToChannel('PINTEREST', { caption, hashtags: ['tea', 'coffee'] }).hashtags).toHaveLength(2);
});

it('writes each hashtag with one #, without blanks, once, and no more than the channel takes', () => {
  const hashtags = ['#Kaffee', 'Kaffee', 'guten morgen', '##x', '!!!', 'a', 'b'];
  expect(fitToChannel('X', { caption: 'c', hashtags }).hashtags).toEqual(['#Kaffee', '#gutenmorgen', '#x']);
});

it('leaves out hashtags of more than 100 characters', () => {
  const hashtags = ['t'.repeat(101), 't'.repeat(19_992), 'u'.repeat(100)];
  expect(fitToChannel('INSTAGRAM', { caption: 'c', hashtags }).hashtags).toEqual([`#${'u'.repeat(100)}`]);
});
