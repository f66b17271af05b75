import { LinkifyIt } from 'linkify-it';
import tlds from 'tlds' with { type: 'json' };

/** How a channel counts the length of a text. */
export type LengthOf = (text: string) => number;

/** Code points. */
export const codePoints: LengthOf = (text) => Array.from(text).length;

/** UTF-16 code units: an emoji counts two or more. */
export const codeUnits: LengthOf = (text) => text.length;

/**
 * As X counts: an address 23, an emoji 2 however it is composed, other characters 1 or 2 by the weights of twitter-text's
 * configuration, version 3 (https://docs.x.com/fundamentals/counting-characters).
 */
export const lengthOnX: LengthOf = (text) => {
  const counted = withLinksOf23(links, text.normalize('NFC')).replaceAll(emoji, twoWide);
  return Array.from(counted).reduce((sum, point) => sum + (isLight(point.codePointAt(0) ?? 0) ? 1 : 2), 0);
};

/** As Threads counts: an emoji its bytes in UTF-8 (https://developers.facebook.com/docs/threads/posts). */
export const lengthOnThreads: LengthOf = (text) =>
  codePoints(text.replaceAll(emoji, (one) => 'x'.repeat(Buffer.byteLength(one))));

/**
 * As Bluesky counts: at most 300 graphemes and 3,000 bytes of UTF-8, so that ten bytes count at least one
 * (https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json).
 */
export const lengthOnBluesky: LengthOf = (text) =>
  Math.max(graphemesOf(text).length, Math.ceil(Buffer.byteLength(text) / 10));

/**
 * As Mastodon counts: graphemes, where an address with its protocol counts 23, and a mention without its server
 * (https://docs.joinmastodon.org/user/posting/#text).
 */
export const lengthOnMastodon: LengthOf = (text) =>
  graphemesOf(withLinksOf23(linksWithProtocol, text).replaceAll(mention, '$1')).length;

/** @returns the characters that people see, each with all that composes it. */
export function graphemesOf(text: string): string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const emoji = /\p{RGI_Emoji}/gv;
const twoWide = '漢';
const mention = /(?<![\w/])(@\w+)@[\w.-]+\w/g;

const isLight = (point: number): boolean =>
  point <= 0x10ff ||
  (point >= 0x2000 && point <= 0x200d) ||
  (point >= 0x2010 && point <= 0x201f) ||
  (point >= 0x2032 && point <= 0x2037);

function webLinks(options: { fuzzyLink: boolean }): LinkifyIt {
  const found = new LinkifyIt({ ...options, fuzzyEmail: false, tlds });
  return found.add('ftp:', null).add('mailto:', null).add('//', null);
}

/** Addresses of the web, also those without their protocol, such as `example.com/tea`. */
const links = webLinks({ fuzzyLink: true });
const linksWithProtocol = webLinks({ fuzzyLink: false });

/** @returns the text with 23 letters in the place of each address. */
function withLinksOf23(finder: LinkifyIt, text: string): string {
  let at = 0;
  const parts = (finder.match(text) ?? []).map(({ index, lastIndex }) => {
    const before = text.slice(at, index);
    at = lastIndex;
    return `${before}${'x'.repeat(23)}`;
  });
  return [...parts, text.slice(at)].join('');
}
