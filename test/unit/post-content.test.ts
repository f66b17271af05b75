import { expect, it } from 'vitest';
import { fitToChannel } from '../../src/domain/post-content.ts';

it('leaves a caption that fits as it is', () => {
  expect(fitToChannel('X', { caption: 'Short and good.', hashtags: [] }).caption).toBe('Short and good.');
});

it('cuts a caption that is too long for its channel at a word', () => {
  const { caption } = fitToChannel('X', { caption: 'word '.repeat(100), hashtags: [] });
  expect(caption.length).toBeLessThanOrEqual(280);
  expect(caption).toMatch(/word…$/);
});

it('counts an emoji as one character and never cuts it in half', () => {
  const { caption } = fitToChannel('X', { caption: '😀'.repeat(300), hashtags: [] });
  expect(Array.from(caption)).toHaveLength(280);
  expect(caption.isWellFormed()).toBe(true);
});

it('writes each hashtag with one #, without blanks, once, and no more than the channel takes', () => {
  const hashtags = ['#Kaffee', 'Kaffee', 'guten morgen', '##x', '!!!', 'a', 'b'];
  expect(fitToChannel('X', { caption: 'c', hashtags }).hashtags).toEqual(['#Kaffee', '#gutenmorgen', '#x']);
});
