import { channels } from '../posts/channels.ts';
import type { BrandContent } from './brand.ts';

/** One thing that a brand asks. Findings cite its id. */
export type Clause = {
  /** Where it stands, counted from 1: `vocabulary.forbidden.2`. */
  id: string;
  /** What it asks, for people and models. */
  text: string;
};

/** The parts of a brand that are lists of clauses. */
type ClauseList =
  | 'voice.do'
  | 'voice.dont'
  | 'vocabulary.forbidden'
  | 'vocabulary.required'
  | 'vocabulary.preferred'
  | 'facts'
  | 'visual.palette'
  | 'visual.style'
  | 'hashtags'
  | 'disclaimers';

/** @returns the id of a clause. @param index counted from 0. */
export function clauseId(list: ClauseList, index: number): string {
  return `${list}.${index + 1}`;
}

/** @returns every clause of a brand, in the order of its parts. Example posts are no clauses: nothing is asked word for word. */
export function clausesOf(content: BrandContent): Clause[] {
  const { voice, vocabulary, facts, visual, hashtags, link, disclaimers } = content;
  const of = <T>(list: ClauseList, entries: readonly T[], textOf: (entry: T) => string): Clause[] =>
    entries.map((entry, index) => ({ id: clauseId(list, index), text: textOf(entry) }));
  return [
    ...of('voice.do', voice.do, (wish) => wish),
    ...of('voice.dont', voice.dont, (wish) => `Do not: ${wish}`),
    ...of('vocabulary.forbidden', vocabulary.forbidden, (word) => `Never use the word “${word}”.`),
    ...of('vocabulary.required', vocabulary.required, (word) => `Always use the word “${word}”.`),
    ...of(
      'vocabulary.preferred',
      vocabulary.preferred,
      ({ say, insteadOf }) => `Say “${say}” instead of “${insteadOf}”.`,
    ),
    ...of('facts', facts, (fact) => `May be claimed: ${fact}`),
    ...of('visual.palette', visual.palette, (colour) => `Pictures have the colour ${colour}.`),
    ...of('visual.style', visual.style, (style) => `Pictures are ${style}.`),
    ...of('hashtags', hashtags, (tag) => `Every post has ${tag}.`),
    ...(link === null ? [] : [{ id: 'link', text: `Every caption ends with a link to ${link.url}.` }]),
    ...of('disclaimers', disclaimers, ({ channels: named, text }) => {
      const where =
        named.length === 0 ? 'all channels' : named.map((name) => channels[name].label).join(', ');
      return `Below every caption on ${where}: ${text}`;
    }),
  ];
}
