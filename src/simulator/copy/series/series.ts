import type { NonEmpty } from '../../random.ts';

/**
 * What a language needs so that the posts of a batch use the brief's own facts and still differ: sentences with a place
 * for something of the brief. They never address the reader by a form that another sentence could contradict.
 */
export type Series = {
  /** Times and places that a post can begin at: phrases for `{moment}`. */
  readonly moments: NonEmpty<string>;
  /** With `{moment}`, or `{Moment}` at the start of the sentence. */
  readonly momentStarts: NonEmpty<string>;
  /** With `{scene}`, or `{Scene}` at the start: something that the brief asks to speak of. */
  readonly sceneStarts: NonEmpty<string>;
  readonly questions: NonEmpty<string>;
  /** With `{fact}`: a whole sentence of the brief, without its full stop. */
  readonly leads: NonEmpty<string>;
  /** What stands above a list of details. */
  readonly listTitles: NonEmpty<string>;
  /** With `{action}`: what the brief wants readers to do. */
  readonly invitations: NonEmpty<string>;
  /** For briefs that ask for nothing. */
  readonly farewells: NonEmpty<string>;
  readonly reading: {
    /** Small words or letters that every text of this language has many of. */
    readonly language: RegExp;
    /** A sentence that tells the writer what to do, and is no fact for readers. */
    readonly directive: RegExp;
    /** In a directive: what readers shall do, as group `action`. */
    readonly action: RegExp;
    /** In a directive: what to speak of, as group `scenes`. */
    readonly scenes: RegExp;
    /** Between two scenes. */
    readonly separator: RegExp;
    /** Between two details of a list, which may themselves have an "and". */
    readonly listSeparator: RegExp;
    /** A word that makes a good hashtag. */
    readonly keyword: RegExp;
  };
};
