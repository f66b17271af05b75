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

/** The most characters of each part. */
export const maxItemCharacters: Readonly<Record<keyof Item, number>> = {
  angle: 120,
  hook: 240,
  keyMessage: 400,
  scene: 600,
  audience: 500,
};
