import { describe, expect, it } from 'vitest';
import {
  askedCaptionCharacters,
  channelNames,
  channels,
  fitsOn,
  lengthOn,
} from '../../../src/domain/posts/channels.ts';
import { fitToChannel } from '../../../src/domain/posts/content.ts';

const address = 'https://example.com/tea/green/from-the-first-harvest?utm_source=spring';
const family = '👨‍👩‍👧‍👦';

describe.each(channelNames)('a caption on %s', (channel) => {
  const most = channels[channel].maxCaptionCharacters;
  const just = 'a'.repeat(most);

  it('may have as many letters as the channel takes, and not one more', () => {
    expect(fitsOn(channel, just)).toBe(true);
    expect(fitsOn(channel, `${just}a`)).toBe(false);
  });

  it('is left alone if a model wrote just as many, and cut if it wrote one more', () => {
    expect(fitToChannel(channel, { caption: just, hashtags: [] }).caption).toBe(just);
    const { caption } = fitToChannel(channel, { caption: `${just}a`, hashtags: [] });
    expect(caption).toMatch(/a…$/);
    expect(fitsOn(channel, caption)).toBe(true);
  });

  it.each([
    ['emoji', '😀'],
    ['families', family],
    ['flags', '🇯🇵'],
    ['Chinese', '清晨的咖啡'],
    ['Hindi', 'सुबह की चाय '],
    ['addresses', `${address} `],
    ['mentions', '@tea@mastodon.social '],
  ])('fits after it was cut, whatever it is made of: %s', (_what, part) => {
    const answer = {
      caption: part.repeat(Math.ceil(3_100 / Array.from(part).length)),
      hashtags: ['tea', 'coffee'],
    };
    const { caption, hashtags } = fitToChannel(channel, answer);
    expect(caption).toMatch(/…$/);
    expect(fitsOn(channel, caption, hashtags)).toBe(true);
    expect(caption.isWellFormed()).toBe(true);
    expect(Array.from(caption).length).toBeLessThanOrEqual(3_000);
  });
});

/** Lengths as twitter-text 3.1.0 gives them (`parseTweet(text).weightedLength`). */
it.each([
  ['Short', 5],
  [address, 23],
  ['see example.com now', 31],
  ['see pressrun.app now', 31],
  ['a https://x.y.co.uk/q?x=1, b', 28],
  ['https://a.com.', 24],
  ['(https://a.com/x_(y))', 25],
  ['bit.ly/abc', 23],
  ['HTTP://A.COM/b', 23],
  ['me@example.com', 14],
  ['e.g. this', 9],
  ['3.99', 4],
  ['U.S.A.', 6],
  [family, 2],
  ['🙋🏽', 2],
  ['🇩🇪', 2],
  ['1️⃣', 2],
  ['❤️', 2],
  ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 2],
  ['©', 1],
  ['™', 2],
  ['☀', 2],
  ['“quoted” – dash…', 17],
  ['café', 4],
  ['cafe\u0301', 4],
  ['朝のコーヒー', 12],
  ['किताब', 5],
])('counts %s on X as X does', (text, length) => {
  expect(lengthOn('X', text)).toBe(length);
});

it.each([
  ['a flag', '🇯🇵', 1],
  ['a decomposed letter', 'e\u0301', 1],
  ['Chinese', '清晨', 2],
  ['an address', address, address.length],
])('counts graphemes on Bluesky: %s', (_what, text, length) => {
  expect(lengthOn('BLUESKY', text)).toBe(length);
});

it('keeps to the 3,000 bytes that Bluesky takes as well', () => {
  expect(fitsOn('BLUESKY', family.repeat(120))).toBe(true);
  expect(fitsOn('BLUESKY', family.repeat(121))).toBe(false);
});

it.each([
  ['an address', address, 23],
  ['an address without its protocol', 'example.com', 11],
  ['a mention', '@tea@mastodon.social', 4],
  ['an e-mail address', 'tea@example.com', 15],
  ['a family', family, 1],
])('counts on Mastodon as Mastodon does: %s', (_what, text, length) => {
  expect(lengthOn('MASTODON', text)).toBe(length);
});

it.each([
  ['an emoji', '😀', 4],
  ['a family', family, 25],
  ['Chinese', '清晨', 2],
  ['an address', address, address.length],
])('counts emoji by their bytes on Threads: %s', (_what, text, length) => {
  expect(lengthOn('THREADS', text)).toBe(length);
});

it.each(channelNames)(
  'counts hashtags with the caption on %s where they are a part of its text',
  (channel) => {
    const { maxCaptionCharacters, countsHashtags } = channels[channel];
    const caption = 'c'.repeat(maxCaptionCharacters - 4);
    expect(fitsOn(channel, caption, ['#te'])).toBe(true);
    expect(fitsOn(channel, caption, ['#tea'])).toBe(!countsHashtags);
    expect(fitToChannel(channel, { caption, hashtags: ['tea'] }).hashtags).toEqual(
      countsHashtags ? [] : ['#tea'],
    );
  },
);

it('asks for fewer characters where they count double or take many tokens', () => {
  expect(askedCaptionCharacters('X', 'ja')).toBe(110);
  expect(askedCaptionCharacters('LINKEDIN', 'zh-Hant')).toBe(2_200);
  expect(askedCaptionCharacters('LINKEDIN', 'am')).toBe(800);
  expect(askedCaptionCharacters('X', 'am')).toBe(220);
});

it('counts hashtags with the caption on X, Threads, Bluesky and Mastodon', () => {
  const counting = channelNames.filter((channel) => channels[channel].countsHashtags);
  expect(counting).toEqual(['X', 'THREADS', 'BLUESKY', 'MASTODON']);
});
