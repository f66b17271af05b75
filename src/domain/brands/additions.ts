import { channels, lengthOfHashtags, lengthOn, type Channel } from '../posts/channels.ts';
import { cutAtWord, type Caption } from '../posts/content.ts';
import { appliesTo, type BrandContent } from './brand.ts';

/** What every post of a brand has, whatever the model wrote: it is added in code. */
export type Additions = {
  /** Each with its `#`; they come before those of the model. */
  hashtags: readonly string[];
  /** The lines below the caption: the link, then the disclaimers of the channel. */
  lines: readonly string[];
  /** The address as the brand has it, and as it stands in `lines`. */
  link: { plain: string; tracked: string } | null;
};

/**
 * @param campaign its name, for the link.
 * @returns what is added to a caption on this channel. A link whose tracking would take too much of the caption has none.
 */
export function additionsOf(brand: BrandContent, channel: Channel, campaign: string): Additions {
  const disclaimers = brand.disclaimers
    .filter((disclaimer) => appliesTo(disclaimer, channel))
    .map(({ text }) => text);
  const { maxCaptionCharacters, maxHashtags } = channels[channel];
  const hashtags = brand.hashtags.slice(0, maxHashtags);
  const plain = brand.link?.url;
  const whole = brand.link === null ? undefined : trackedLink(brand.link, channel, campaign);
  const lengthWith = (link: string) =>
    lengthOfHashtags(channel, hashtags) + lengthOn(channel, ending([link, ...disclaimers]));
  const fits = whole !== undefined && lengthWith(whole) <= maxCaptionCharacters / 2;
  const tracked = fits ? whole : plain;
  return {
    hashtags,
    lines: [...(tracked === undefined ? [] : [tracked]), ...disclaimers],
    link: plain === undefined || tracked === undefined ? null : { plain, tracked },
  };
}

/** @returns the brand's address with its template filled in. What is in the address already stays. */
function trackedLink(
  { url, utm }: NonNullable<BrandContent['link']>,
  channel: Channel,
  campaign: string,
): string {
  if (utm === null) return url;
  const tracked = new URL(url);
  const filled = utm
    .replaceAll('{channel}', encodeURIComponent(channel.toLowerCase()))
    .replaceAll('{campaign}', encodeURIComponent(campaign));
  tracked.search = tracked.search === '' ? filled : `${tracked.search}&${filled}`;
  return tracked.href;
}

/**
 * @returns how much they take of the caption that a model is asked for: the lines below it, and the hashtags where those count
 * and take more than the asked length leaves for them.
 */
export function lengthOfAdditions(channel: Channel, { lines, hashtags }: Additions): number {
  const { maxCaptionCharacters, askedCaptionCharacters } = channels[channel];
  const left = maxCaptionCharacters - askedCaptionCharacters;
  return lengthOn(channel, ending(lines)) + Math.max(0, lengthOfHashtags(channel, hashtags) - left);
}

/**
 * Adds to a model's answer what is not in it yet. Its text is cut at a word where the channel's limit leaves too little room.
 * Hashtags may be more than the channel allows: `fitToChannel` comes after this.
 */
export function withAdditions(channel: Channel, answer: Caption, additions: Additions): Caption {
  const text = withTrackedLink(answer.caption, additions.link).trim();
  // Where hashtags count with the caption, those of the brand have their room.
  const room = channels[channel].maxCaptionCharacters - lengthOfHashtags(channel, additions.hashtags);
  const holds = (caption: string, line: string) =>
    line === additions.link?.tracked ? addressIn(line).test(caption) : lineIn(line).test(caption);
  let missing = additions.lines.filter((line) => !holds(text, line));
  for (;;) {
    const below = ending(missing);
    const caption = `${cutAtWord(channel, text, Math.max(1, room - lengthOn(channel, below)))}${below}`;
    // To cut the text may take a line away that stood in it.
    const lost = additions.lines.filter((line) => !missing.includes(line) && !holds(caption, line));
    if (lost.length === 0)
      return { ...answer, caption, hashtags: withOwn(additions.hashtags, answer.hashtags) };
    missing = additions.lines.filter((line) => missing.includes(line) || lost.includes(line));
  }
}

function withOwn(own: readonly string[], others: readonly string[]): string[] {
  const plain = (tag: string) => tag.replace(/^#/, '').toLowerCase();
  const known = new Set(own.map(plain));
  return [...own, ...others.filter((tag) => !known.has(plain(tag)))];
}

/** The lines as they stand below a text. */
function ending(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n\n${lines.join('\n')}`;
}

/** @returns the text with the brand's own address tracked wherever it stands by itself. */
function withTrackedLink(text: string, link: Additions['link']): string {
  if (link === null || link.plain === link.tracked) return text;
  return text.replaceAll(addressIn(link.plain), () => link.tracked);
}

/** Finds an address that ends where it stands: `https://a.example` is not in `https://a.example/shop` or `https://a.example.org`. */
function addressIn(url: string): RegExp {
  const address = RegExp.escape(url.replace(/\/$/, ''));
  return new RegExp(
    `(?<![\\p{L}\\p{N}/])${address}/?(?![\\p{L}\\p{N}/?#&=%_~+-]|[.:@][\\p{L}\\p{N}])`,
    'giu',
  );
}

/** Finds a text that is a line of its own: the words of a disclaimer may say the opposite within a sentence. */
function lineIn(text: string): RegExp {
  return new RegExp(`^\\s*${RegExp.escape(text)}\\s*$`, 'imu');
}
