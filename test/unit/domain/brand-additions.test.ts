import { describe, expect, it } from 'vitest';
import { additionsOf, lengthOfAdditions, withAdditions } from '../../../src/domain/brands/additions.ts';
import { brandContentSchema, brandInputSchema, type BrandContent } from '../../../src/domain/brands/brand.ts';
import { channelNames, channels, lengthOn, type Channel } from '../../../src/domain/posts/channels.ts';
import { fitToChannel } from '../../../src/domain/posts/content.ts';
import { parseInput } from '../../../src/domain/validation.ts';

const campaign = 'Ride into autumn & beyond';
const url = 'https://fernway.example/book';

const content = (given: object): BrandContent => brandContentSchema.parse(given);

const brand = content({
  hashtags: ['fernway', '#darkseason'],
  link: { url, utm: 'utm_source={channel}&utm_campaign={campaign}' },
  disclaimers: [
    { channels: [], text: 'Offer ends 31 October.' },
    { channels: ['X', 'BLUESKY'], text: 'Ad' },
  ],
});

function post(channel: Channel, caption: string, hashtags: string[] = [], of = brand) {
  return fitToChannel(
    channel,
    withAdditions(channel, { caption, hashtags }, additionsOf(of, channel, campaign)),
  );
}

describe.each(channelNames)('on %s', (channel) => {
  const { maxCaptionCharacters, maxHashtags } = channels[channel];
  const { lines } = additionsOf(brand, channel, campaign);

  it('link and disclaimers stand below a short caption', () => {
    expect(post(channel, 'A quiet bike.').caption).toBe(`A quiet bike.\n\n${lines.join('\n')}`);
    expect(lines.some((line) => line.startsWith(url))).toBe(true);
    expect(lines.includes('Ad')).toBe(channel === 'X' || channel === 'BLUESKY');
  });

  it('a caption of any length is cut at a word, and keeps them all within the limit', () => {
    for (const words of [20, 40, 60, 100, 500, 4_000]) {
      const { caption } = post(channel, 'quiet '.repeat(words));
      expect(lengthOn(channel, caption)).toBeLessThanOrEqual(maxCaptionCharacters);
      expect(caption).toMatch(/^(quiet )*quiet…?\n\nhttps/);
      expect(caption.endsWith(`\n\n${lines.join('\n')}`)).toBe(true);
    }
  });

  it('the hashtags of the brand come first, each once, and no more than the channel takes', () => {
    const { hashtags } = post(channel, 'quiet '.repeat(500), ['Fernway', 'autumn', 'rain', 'leaves', 'dusk']);
    expect(hashtags.slice(0, 2)).toEqual(['#fernway', '#darkseason'].slice(0, maxHashtags));
    expect(hashtags.length).toBeLessThanOrEqual(maxHashtags);
    expect(hashtags).not.toContain('#Fernway');
  });

  it('what is there already is not added again', () => {
    for (const text of ['A quiet bike.', 'quiet '.repeat(500)]) {
      const once = post(channel, text);
      expect(post(channel, once.caption, once.hashtags)).toEqual(once);
    }
  });

  it('the largest link and disclaimers that a brand may have leave half of the caption', () => {
    const most = content({ link: { url, utm: 'a={campaign}'.repeat(10) }, disclaimers: brand.disclaimers });
    const { caption } = post(channel, 'quiet '.repeat(500), [], most);
    expect(lengthOn(channel, caption)).toBeLessThanOrEqual(maxCaptionCharacters);
    expect(lengthOn(channel, caption.split('\n\n')[0] ?? '')).toBeGreaterThan(maxCaptionCharacters * 0.4);
    expect(caption).toContain(url);
  });
});

it('the link tells channel and campaign, as addresses write them', () => {
  expect(additionsOf(brand, 'LINKEDIN', campaign).lines[0]).toBe(
    `${url}?utm_source=linkedin&utm_campaign=Ride%20into%20autumn%20%26%20beyond`,
  );
});

it('what is in the address already stays, in its place', () => {
  const link = { url: 'https://fernway.example/book?a=1#slots', utm: '?utm_source={channel}' };
  expect(additionsOf(content({ link }), 'X', campaign).lines).toEqual([
    'https://fernway.example/book?a=1&utm_source=x#slots',
  ]);
});

it('the address that a model wrote itself is tracked in its place, and others are left alone', () => {
  const tracked = additionsOf(brand, 'LINKEDIN', campaign).lines[0];
  const { caption } = post('LINKEDIN', `Book at ${url}. More: ${url}/lights and ${url}?a=1`);
  expect(caption).toBe(`Book at ${tracked}. More: ${url}/lights and ${url}?a=1\n\nOffer ends 31 October.`);
});

it('a word that holds a disclaimer is not the disclaimer', () => {
  expect(post('X', 'An Adventure').caption).toMatch(/\nAd$/);
});

it('a sentence that has the words of a disclaimer is not the disclaimer, and a line of its own is', () => {
  const strict = content({ disclaimers: [{ text: 'Werbung' }] });
  expect(post('X', 'Keine Werbung, nur guter Tee.', [], strict).caption).toMatch(/Tee\.\n\nWerbung$/);
  expect(post('X', 'Werbung\nGuter Tee.', [], strict).caption).toBe('Werbung\nGuter Tee.');
});

it.each(['https://ex.example/shop/sale', 'https://ex.example.evil.example', 'https://ex.example:8080'])(
  'an address that only begins with the link is not the link: %s',
  (other) => {
    const linked = content({ link: { url: 'https://ex.example' } });
    expect(post('X', `See ${other}`, [], linked).caption).toBe(`See ${other}\n\nhttps://ex.example`);
    const there = 'See https://ex.example.';
    expect(post('X', there, [], linked).caption).toBe(there);
  },
);

it('a link that the cut took from the text stands below it', () => {
  const tracked = additionsOf(brand, 'X', campaign).lines[0] ?? '';
  const { caption } = post('X', `${'quiet '.repeat(60)}${url}`);
  expect(caption.split(tracked)).toHaveLength(2);
});

it('a caption without spaces is cut too', () => {
  const { caption } = post('X', '静'.repeat(400));
  expect(lengthOn('X', caption)).toBeLessThanOrEqual(280);
  expect(caption).toContain('静…\n\n');
});

it('a brand that adds nothing leaves a caption as it is', () => {
  expect(post('X', 'A quiet bike.', ['rain'], content({}))).toEqual({
    caption: 'A quiet bike.',
    hashtags: ['#rain'],
  });
});

it('link and disclaimers that leave too little of a caption are refused by their place', () => {
  const text =
    'An offer that ends on 31 October, for bikes of any make, while stocks last and hands are free.';
  const given = { disclaimers: [{ text }, { channels: ['X'], text }, { channels: ['INSTAGRAM'], text }] };
  expect(() => parseInput(brandInputSchema, given, 'input.content')).toThrow(
    'input.content.disclaimers.1.text: leaves too little of a caption on X',
  );
});

it('hashtags that leave too little of a caption where they count with it are refused by their place', () => {
  const hashtags = ['a', 'b', 'c'].map((letter) => letter.repeat(94));
  expect(() => parseInput(brandInputSchema, { hashtags }, 'input.content')).toThrow(
    'input.content.hashtags.1: leaves too little of a caption on X',
  );
});

it('where hashtags count, a model is asked for less as they grow, and elsewhere for as much', () => {
  const lengthWith = (channel: Channel, tag: string) =>
    lengthOfAdditions(channel, additionsOf(content({ hashtags: [tag] }), channel, campaign));
  // On X there is room for 60 characters of hashtags beside the asked caption.
  expect(lengthWith('X', 'a'.repeat(20))).toBe(0);
  expect(lengthWith('X', 'a'.repeat(98))).toBe(40);
  expect(lengthWith('LINKEDIN', 'a'.repeat(98))).toBe(0);
});

it('LinkedIn does not count hashtags: the caption has all of its length beside them', () => {
  const tagged = content({ hashtags: ['a'.repeat(90)] });
  expect(post('LINKEDIN', 'a'.repeat(3_000), [], tagged).caption).toHaveLength(3_000);
});
