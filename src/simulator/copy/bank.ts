import type { NonEmpty } from '../random.ts';
import type { PlanWords } from './plan/words.ts';
import type { Series } from './series/series.ts';

/** The voices that a bank can write in; every tone word of a brief is mapped to one of them. */
export type Voice = 'friendly' | 'professional' | 'playful' | 'bold' | 'inspiring';

/**
 * The sentences of one language. `{brand}` and `{audience}` stand for what the brief says. Sentences are worded so
 * that the brand needs no article, gender or case ending.
 */
export type Bank = {
  /** Between two sentences: a space, or nothing in Japanese. */
  readonly joiner: ' ' | '';
  readonly openings: Readonly<Record<Voice, NonEmpty<string>>>;
  readonly bodies: NonEmpty<string>;
  readonly audience: NonEmpty<string>;
  readonly closings: Readonly<Record<Voice, NonEmpty<string>>>;
  readonly hashtags: NonEmpty<string>;
  readonly plan: PlanWords;
  /** Present where the simulator can also use the facts of a brief. */
  readonly series?: Series;
};
