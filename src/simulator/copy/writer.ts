import { readBrand } from './brand.ts';
import { readBrief } from './brief.ts';
import type { Brief } from './brief.ts';
import { captionOfFacts, type CaptionOrder } from './caption.ts';
import { readFacts } from './facts.ts';
import { assemble, capital, part, SIMULATED, type Part } from './parts.ts';
import { captionOfItem } from './plan/caption.ts';
import { readItem } from './plan/request.ts';
import { tell, type Told } from './plan/tell.ts';
import { comply, readWishes, type Wishes } from './wishes.ts';
import { cycle, hash } from '../random.ts';
import type { NonEmpty } from '../random.ts';
import type { Bank, Voice } from './bank.ts';
import { chooseLanguage, chooseVoice } from './languages.ts';
import type { LanguageChoice } from './languages.ts';

/** Stands in for the brand when there is no brief. */
const NO_BRAND = 'Pressrun';
/** A longer audience is a description rather than a name, and would not read well inside a sentence. */
const LONGEST_AUDIENCE = 60;
/** From a caption to the one that takes its place. */
const rewriteStride = 31;

const EMOJI: Readonly<Record<Voice, readonly string[]>> = {
  friendly: ['😊', '👋', '☀️', ''],
  professional: [''],
  playful: ['🎉', '😄', '🙌', '✨'],
  bold: ['⚡', '🔥', ''],
  inspiring: ['🌱', '✨', '🌍', ''],
};

/** Writes texts for one prompt. The same seed, prompt and `offset` give the same text. */
export type Writer = {
  /** A post of at most `limit` UTF-16 units and of the brief's limit. */
  caption: (limit: number, offset: number) => string;
  /** Tags without `#`; at least `min` and at most `max`, and never more than the brief allows unless `min` asks it. */
  hashtags: (min: number, max: number, offset: number) => string[];
  /** One or two sentences of at most `limit` units, for any field that has no better meaning. */
  text: (limit: number, offset: number) => string;
  /** One sentence on the scene of the item, or on the brand without one. */
  altText: (limit: number) => string;
  /** A few words of at most `limit` units, for names and titles. */
  title: (limit: number, offset: number) => string;
  readonly seed: number;
};

/**
 * A writer in the language, tone and limits of the prompt's brief. The `variation` walks through the combinations
 * of sentences instead of throwing dice, so the posts of a batch do not repeat each other.
 *
 * @param change of the brief.
 */
export function createWriter(prompt: string, seed: number, change: Partial<Brief> = {}): Writer {
  const { brief: asked, rest } = readBrief(prompt);
  const brief = { ...asked, ...change };
  const { variation = 1, of: _total, ...same } = brief;
  // Digits outside the brief may number the post ("post 3 of 10") and must not shuffle the walk.
  const base = hash(seed, JSON.stringify(same), rest.replaceAll(/\d+/g, '#'));
  const language = chooseLanguage(brief);
  const fill = createFiller(brief);
  const { bank, missing } = language;
  // What stands in for a missing language cannot quote the brief.
  const series = missing === undefined ? bank.series : undefined;
  const source = series === undefined ? undefined : { series, facts: readFacts(brief, series) };
  const wishes = readWishes(prompt);
  const brand = readBrand(prompt);
  const item = itemOf(prompt, bank, wishes);
  const keywords = source?.facts.keywords ?? [];
  return {
    seed: hash(base, variation),
    caption(limit, offset) {
      const most = Math.min(limit, wishes.limit, brief.maxCaptionCharacters ?? Number.POSITIVE_INFINITY);
      const number = variation + offset + wishes.turn * rewriteStride;
      const order = orderOf(brief, language, fill, base, number);
      const written = item === undefined ? undefined : captionOfItem(item, order, source?.facts);
      const parts = comply(
        written ?? (source === undefined ? plainCaption(order) : captionOfFacts(order, source)),
        brand,
        bank,
        wishes.wish,
      );
      const marker = missing === undefined ? SIMULATED : `[simulated; no ${missing} here, so English]`;
      return assemble(parts, bank.joiner, marker, most);
    },
    hashtags(min, max, offset) {
      const wanted = Math.max(min, Math.min(max, brief.maxHashtags ?? 5, 8));
      const pool = [
        ...brand.hashtags,
        brief.brand ?? NO_BRAND,
        ...(keywords.length === 0 ? [] : rotate(keywords, variation + offset).slice(0, 3)),
        ...rotate(bank.hashtags, base + variation + offset),
        brief.channel ?? '',
      ];
      const tags = [...new Set(pool.map(toTag).filter((tag) => tag !== ''))];
      for (let extra = 1; tags.length < wanted; extra++) tags.push(`Simulated${extra}`);
      return tags.slice(0, wanted);
    },
    altText(limit) {
      const stop = bank.joiner === '' ? '。' : '.';
      const scene = item?.scene ?? '';
      const sentence =
        scene === ''
          ? fill(cycle(bank.openings.professional, base))
          : `${capital(scene.replace(/[.。]$/u, ''))}${stop}`;
      return assemble([part(sentence, 1)], bank.joiner, SIMULATED, limit);
    },
    text(limit, offset) {
      const step = base + variation + offset * 5;
      const first = fill(cycle(bank.bodies, step));
      const second = fill(cycle(bank.bodies, step + 1 + (step % (bank.bodies.length - 1))));
      return assemble([part(first, 1), part(second, 2)], bank.joiner, SIMULATED, limit);
    },
    title(limit, offset) {
      const words = cycle(bank.hashtags, base + variation + offset).replaceAll(
        /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu,
        ' ',
      );
      return assemble([part(words, 1)], bank.joiner, SIMULATED, limit);
    },
  };
}

/** The item of the prompt in the language of the bank: with its own hook, unless the caption before had that. */
function itemOf(prompt: string, bank: Bank, { turn, before }: Wishes): Told | undefined {
  const item = readItem(prompt);
  if (item === undefined) return undefined;
  const told = tell(item, bank, 0);
  return turn > 0 && before.startsWith(told.hook) ? tell(item, bank, turn) : told;
}

type Fill = (template: string) => string;

function createFiller(brief: Brief): Fill {
  const audience = brief.targetAudience ?? '';
  const capital = audience.charAt(0).toUpperCase() + audience.slice(1);
  return (template) =>
    template
      .replace(/(?<=^|[.?!] )\{audience\}/, () => capital)
      .replaceAll('{audience}', () => audience)
      .replaceAll('{brand}', () => brief.brand ?? NO_BRAND);
}

function orderOf(
  brief: Brief,
  { bank }: LanguageChoice,
  fill: Fill,
  base: number,
  number: number,
): CaptionOrder {
  const voice = chooseVoice(brief.tone);
  const isNamed = brief.targetAudience !== undefined && brief.targetAudience.length <= LONGEST_AUDIENCE;
  const emoji = cycle(['', ...EMOJI[voice]], base + number);
  return { bank, voice, fill, base, number, isNamed, emoji };
}

/** A caption for languages whose briefs the simulator cannot read. */
function plainCaption({ bank, voice, fill, base, number, isNamed, emoji }: CaptionOrder): Part[] {
  const walk = createWalk(base + number);
  const opening = fill(walk(bank.openings[voice]));
  const body = walk(bank.bodies);
  const others = bank.bodies.filter((sentence) => sentence !== body);
  const second = walk([others[0] ?? body, ...others.slice(1)]);
  const closing = walk(bank.closings[voice]);
  const audience = isNamed ? fill(walk(bank.audience)) : '';
  // In reading order; the ranks say what is left out first when there is little room.
  return [
    part(opening, 1),
    part(audience, 4),
    part(body, 3),
    part(second, 5),
    part(closing, 2),
    part(emoji, 6),
  ];
}

/** Reads a number in mixed radix: each list takes one digit, so neighbouring numbers give different picks. */
function createWalk(index: number): (items: NonEmpty<string>) => string {
  let left = index;
  return (items) => {
    const picked = cycle(items, left);
    left = Math.floor(left / items.length);
    return picked;
  };
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Letters and digits only; the parts of a name of several words are joined with capitals. */
function toTag(words: string): string {
  const parts = words.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '');
  return parts.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
