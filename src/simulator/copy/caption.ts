import { createRandom, cycle, hash } from '../random.ts';
import type { NonEmpty } from '../random.ts';
import type { Bank, Voice } from './bank.ts';
import type { Facts } from './facts.ts';
import { paragraph, part, put, type Part } from './parts.ts';
import type { Series } from './series/series.ts';

/** In how many ways a caption is built. */
const builds = 6;

/** What a caption is written from. `fill` puts brand and audience into a sentence. */
export type CaptionOrder = {
  bank: Bank;
  voice: Voice;
  fill: (template: string) => string;
  /** Shuffles the sentences of a batch. */
  base: number;
  /** Which caption of the batch it is, from 1. */
  number: number;
  /** Whether the audience is short enough to be named. */
  isNamed: boolean;
  emoji: string;
};

/** A caption from the facts of the brief, built in one of six ways. */
export function captionOfFacts(
  { bank, voice, fill, base, number, isNamed, emoji }: CaptionOrder,
  { series, facts }: { series: Series; facts: Facts },
): Part[] {
  const index = Math.max(0, number - 1);
  const round = Math.floor(index / builds);
  const audience = isNamed ? fill(cycle(bank.audience, round)) : '';
  const opening = fill(cycle(openings(facts, bank, voice, series, base), index));
  const { action } = facts;
  const farewells =
    action === undefined
      ? [...series.farewells, ...bank.closings[voice]]
      : series.invitations.map((frame) => put(frame, 'action', action));
  const closing = part(pick(shuffle(farewells, base, 'closing'), index), 2);
  const end = [closing, part(emoji, 7)];
  const others = facts.sentences.filter((fact) => !opening.startsWith(fact));
  const first = part(factSentence(others, series, index, 0), 3);
  const second = part(factSentence(others, series, index, 1), 5);
  const body = (use: number) => part(pick(shuffle(bank.bodies, base, 'body'), round * 3 + use), 6);
  switch (index % builds) {
    case 0:
      return [part(opening, 1), first, body(0), ...end];
    case 1:
      return [
        part(opening, 1),
        part(details(facts, bank, series, round) || second.text, 3),
        ...paragraph(end),
      ];
    case 2:
      return [part(opening, 1), ...paragraph([first, part(audience, 4)]), ...end];
    case 3:
      return [part(opening, 1), body(1), ...paragraph([first, second]), ...paragraph(end)];
    case 4:
      return [part(opening, 1), first, closing];
    default:
      return [part(opening, 1), ...paragraph([second, body(2)]), ...end];
  }
}

/** All first sentences that the brief gives rise to, in an order in which neighbours are of different kinds. */
function openings(facts: Facts, bank: Bank, voice: Voice, series: Series, base: number): NonEmpty<string> {
  const kinds = [
    bank.openings[voice],
    series.questions,
    combine(series.momentStarts, 'moment', series.moments),
    facts.sentences.map((fact) => `${fact}${bank.joiner === '' ? '。' : '.'}`),
    combine(series.sceneStarts, 'scene', facts.scenes),
  ].map((kind, number) => shuffle(kind, base, `opening ${number}`));
  const longest = Math.max(...kinds.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, row) =>
    kinds.flatMap((kind) => kind.slice(row, row + 1)),
  );
  return [bank.openings[voice][0], ...inTurn.flat().filter((opening) => opening !== bank.openings[voice][0])];
}

/** The `place`-th fact of a caption. The same fact comes with another lead each time, until all leads were used. */
function factSentence(facts: readonly string[], { leads }: Series, index: number, place: 0 | 1): string {
  const count = facts.length;
  if (count === 0 || (place === 1 && count === 1)) return '';
  const round = Math.floor(index / count);
  // Otherwise each of the six builds would meet the same facts again.
  const turn = (index % builds) + Math.floor(index / builds);
  const fact = (turn + place * (1 + (round % (count - 1 || 1)))) % count;
  const half = leads.filter((_, lead) => lead % 2 === place);
  return put(pick(half, round + fact * 3), 'fact', facts[fact] ?? '');
}

/** The details of the brief in one sentence, which begins with another one each time. */
function details({ details: all }: Facts, { joiner }: Bank, { listTitles }: Series, round: number): string {
  if (all.length === 0) return '';
  const start = round % all.length;
  const turned = [...all.slice(start), ...all.slice(0, start)];
  const [comma, stop] = joiner === '' ? ['、', '。'] : [', ', '.'];
  return `${cycle(listTitles, round)}${joiner}${turned.join(comma)}${stop}`;
}

function combine(templates: readonly string[], name: string, values: readonly string[]): string[] {
  return values.flatMap((value) => templates.map((template) => put(template, name, value)));
}

function pick(items: readonly string[], index: number): string {
  return items[index % items.length] ?? '';
}

/** Fisher and Yates' shuffle, the same for the same base and purpose. */
function shuffle(items: readonly string[], base: number, purpose: string): string[] {
  const random = createRandom(hash(base, purpose));
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] ?? '', shuffled[last] ?? ''];
  }
  return shuffled;
}
