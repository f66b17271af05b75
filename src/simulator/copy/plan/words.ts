import type { Subject } from '../../image/subjects.ts';
import type { NonEmpty } from '../../random.ts';

/**
 * What a language needs to plan posts. Languages have the same moments and starts at the same place, so that an item can be told
 * in each of them.
 */
export type PlanWords = {
  /** Times that a post can begin at: phrases for `{moment}`. */
  readonly moments: NonEmpty<string>;
  /** First sentences with `{moment}`, each of which begins with other words. */
  readonly starts: NonEmpty<string>;
  /** What readers have of it: sentences that end a key message. */
  readonly benefits: NonEmpty<string>;
  /** What an item turns to, within the family of its angle. */
  readonly topics: NonEmpty<string>;
  /** Kinds of angles, where none are asked for. */
  readonly families: NonEmpty<string>;
  /** With `{audience}`: who of them. */
  readonly readers: NonEmpty<string>;
  /** With `{thing}`: what a picture shows, and where. */
  readonly places: NonEmpty<string>;
  readonly lights: NonEmpty<string>;
  /** What pictures can show. `none` stands for what cannot be drawn. */
  readonly things: Readonly<Record<Subject | 'none', string>>;
  /** With `{words}`: what a caption has to name. */
  readonly required: string;
  /** With `{wish}`: what somebody asked of a caption. */
  readonly wished: string;
};
