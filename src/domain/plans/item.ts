import { z } from 'zod';
import { plainText, text } from '../validation.ts';

/** What one post, or one for each channel and language, is to say and show. */
export type Item = {
  /** From which side it looks at the campaign, in a few words. */
  angle: string;
  /** The idea of its first line. */
  hook: string;
  /** What the reader is to remember. */
  keyMessage: string;
  /** What the picture shows: subject, place, light. */
  scene: string;
  /** Whom it speaks to. */
  audience: string;
};

/** The parts of an item that people may give and the planner fills in. */
export const itemParts = [
  'angle',
  'hook',
  'keyMessage',
  'scene',
  'audience',
] as const satisfies (keyof Item)[];

/** An item of which parts may still be planned. */
export type PartialItem = { [Part in keyof Item]: string | null };

/** An item and its place in the batch, from 1. */
export type PlannedItem = Item & { position: number };

/** The most characters of each part. */
export const maxItemCharacters: Readonly<Record<keyof Item, number>> = {
  angle: 120,
  hook: 240,
  keyMessage: 400,
  scene: 600,
  audience: 500,
};

/** The parts that a client gives: any of them. */
export const givenParts = {
  angle: text(maxItemCharacters.angle).nullish(),
  hook: text(maxItemCharacters.hook).nullish(),
  keyMessage: text(maxItemCharacters.keyMessage).nullish(),
  scene: text(maxItemCharacters.scene).nullish(),
  audience: text(maxItemCharacters.audience).nullish(),
};

/** A new item, as far as a client gives it. */
export const givenItemSchema = z
  .object(givenParts)
  .transform(
    ({ angle = null, hook = null, keyMessage = null, scene = null, audience = null }): PartialItem => ({
      angle,
      hook,
      keyMessage,
      scene,
      audience,
    }),
  );

/** An item as a model answers with it. A part may be empty or too long. */
export const answeredItemSchema = z.strictObject({
  position: z.int(),
  angle: plainText,
  hook: plainText,
  keyMessage: plainText,
  scene: plainText,
  audience: plainText,
});

/** A model's answer to a request for items. */
export const answeredItemsSchema = z.strictObject({ items: z.array(answeredItemSchema) });

/** @returns whether nothing of it is left to plan. */
export function isComplete(item: PartialItem): item is Item {
  return itemParts.every((part) => item[part] !== null);
}

/**
 * Fills what is missing of an item with what a model has answered, cut to the limits.
 *
 * @returns undefined if the answer lacks a part that is needed.
 */
export function fillItem(
  given: PartialItem,
  answered: z.infer<typeof answeredItemSchema>,
): PlannedItem | undefined {
  const part = (name: keyof Item): string =>
    given[name] ?? cut(answered[name].trim(), maxItemCharacters[name]);
  const { position } = answered;
  const item = {
    position,
    angle: part('angle'),
    hook: part('hook'),
    keyMessage: part('keyMessage'),
    scene: part('scene'),
    audience: part('audience'),
  };
  return itemParts.every((name) => item[name] !== '') ? item : undefined;
}

/** Cuts between characters, so that no pair of surrogates is cut in half. */
function cut(words: string, most: number): string {
  return words.length <= most
    ? words
    : words
        .slice(0, most)
        .replace(/[\uD800-\uDBFF]$/, '')
        .trimEnd();
}
