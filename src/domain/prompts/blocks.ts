import { createHash } from 'node:crypto';
import type { BrandContent } from '../brands/brand.ts';
import { askedCaptionCharacters, channels } from '../posts/channels.ts';
import { languageName } from '../posts/languages.ts';
import type { Brief, Regeneration } from './brief.ts';

/**
 * Text of clients as JSON inside a labelled block: data, never instruction. Quotes and angle brackets are escaped, so that no
 * text can close the block.
 */
export function block(label: string, data: object): string {
  return `<${label}>\n${JSON.stringify(data, null, 1).replaceAll('<', '\\u003c')}\n</${label}>`;
}

/** SHA-256 of a prompt in hex: identifies the prompt without storing it. */
export function promptHash(...messages: string[]): string {
  return createHash('sha256').update(JSON.stringify(messages)).digest('hex');
}

/** The campaign, and what its channel allows. */
export function briefBlock(brief: Brief): string {
  return block('brief', {
    brand: brief.brand,
    description: brief.description,
    tone: brief.tone.toLowerCase(),
    targetAudience: brief.item?.audience ?? brief.targetAudience,
    language: brief.language,
    languageName: languageName(brief.language),
    channel: channels[brief.channel].label,
    maxCaptionCharacters: askedCaptionCharacters(brief.channel, brief.language),
    maxHashtags: channels[brief.channel].maxHashtags,
    variation: brief.position,
    of: brief.postCount,
  });
}

/** What the brand asks of words. */
export function brandWords({ voice, vocabulary, facts, examples, hashtags }: BrandContent): object {
  return withoutEmpty({
    do: voice.do,
    dont: voice.dont,
    forbiddenWords: vocabulary.forbidden,
    requiredWords: vocabulary.required,
    preferredWords: vocabulary.preferred,
    factsThatMayBeClaimed: facts,
    postsThatSoundRight: examples,
    hashtags,
  });
}

/** What the brand asks of pictures. */
export function brandLooks({ visual: { palette, style } }: BrandContent): object {
  return withoutEmpty({ palette, style });
}

/** A block with the clauses of a brand, and the line before it; nothing if it has none. */
export function brandLines(clauses: object): string[] {
  if (Object.keys(clauses).length === 0) return [];
  return ['Keep to every clause of the brand in the next block.', block('brand', clauses)];
}

/** The instruction of a regeneration. It stands in a block of its own, below the rules, and cannot close it. */
export function regenerationLines(
  regeneration: Regeneration | undefined,
  what: 'caption' | 'picture',
): string[] {
  if (regeneration === undefined) return [];
  const { number, instruction, previousCaption, findings = [] } = regeneration;
  const previous =
    what === 'caption' && previousCaption !== null
      ? { previousCaption, ...(findings.length === 0 ? {} : { whatIsWrongWithIt: findings }) }
      : {};
  const data = { version: number + 1, ...(instruction === null ? {} : { wish: instruction }), ...previous };
  return [
    `This is version ${number + 1} of the ${what}: make it clearly different. Follow the wish in the next block where the rules above allow it.`,
    block('change', data),
  ];
}

function withoutEmpty(clauses: Readonly<Record<string, readonly unknown[]>>): object {
  return Object.fromEntries(Object.entries(clauses).filter(([, list]) => list.length > 0));
}
