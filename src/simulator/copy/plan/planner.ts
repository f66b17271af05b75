import { subjectOf } from '../../image/subjects.ts';
import { cycle, hash, type NonEmpty } from '../../random.ts';
import type { Bank } from '../bank.ts';
import type { Brief } from '../brief.ts';
import { readFacts } from '../facts.ts';
import { chooseLanguage } from '../languages.ts';
import { capital, put } from '../parts.ts';
import { hookOf } from './hooks.ts';
import type { ItemParts, PlanRequest } from './request.ts';

/** An item of an answer. */
export type PlannedItem = { readonly position: number } & Readonly<Record<keyof ItemParts, string>>;

/** A longer fact would be half of a post. */
const longestFact = 90;
/** How much of an instruction an item quotes. */
const longestWish = 60;
/** From a text that is taken to the next one. */
const stride = 37;
const mostTries = 500;

/**
 * One item for each position, in the language of the brief. The same request and seed give the same items. Items of other
 * positions differ from them, asked together or not.
 */
export function planItems(brief: Brief, request: PlanRequest, seed: number): PlannedItem[] {
  const { bank } = chooseLanguage(brief);
  const { brand, description, tone, language } = brief;
  const base = hash(seed, JSON.stringify({ brand, description, tone, language }), request.instruction ?? '');
  const used = new Set(request.taken);
  const first = (make: (number: number) => string, from: number): string => {
    const tries = Array.from({ length: mostTries }, (_, index) => from + index * stride);
    const free = make(tries.find((number) => !used.has(make(number))) ?? from);
    used.add(free);
    return free;
  };
  const message = messages(brief, bank, base);
  const scene = scenes(brief, bank, base);
  return request.positions.map((position): PlannedItem => {
    const given = request.given.find((parts) => parts.position === position);
    const number = Math.max(0, position - 1);
    const turned = number + (base % 1_000);
    return {
      position,
      angle: given?.angle ?? angle(bank, request, turned),
      hook: given?.hook ?? first((at) => hookOf(bank, at, base), number),
      keyMessage: given?.keyMessage ?? first(message, number),
      scene: given?.scene ?? first(scene, number),
      audience: given?.audience ?? readers(brief, bank, turned),
    };
  });
}

/** The family, what the item turns to, and what the instruction wishes. */
function angle({ plan }: Bank, { families, instruction }: PlanRequest, number: number): string {
  const [first = plan.families[0], ...others] = families.length === 0 ? plan.families : families;
  const family = capital(cycle([first, ...others], number));
  const wish = instruction === undefined ? '' : ` (${instruction.slice(0, longestWish).trim()})`;
  return `${family}: ${cycle(plan.topics, number + Math.floor(number / plan.topics.length))}${wish}`;
}

/** Facts of the brief, and what readers have of them. When all facts have met all of that, sentences of the language take their place. */
function messages(
  brief: Brief,
  { plan, bodies, joiner, series }: Bank,
  base: number,
): (number: number) => string {
  const pair = (heads: NonEmpty<string>, tails: NonEmpty<string>, number: number): string => {
    const head = cycle(heads, number + base);
    const at = Math.floor(number / heads.length) + (number % heads.length) + base;
    const tail = cycle(tails, at);
    return `${head}${joiner}${tail === head ? plan.benefits[0] : tail}`;
  };
  const general = (number: number): string =>
    pair(bodies, [plan.benefits[0], ...plan.benefits.slice(1), ...bodies], number);
  const [fact, ...others] = series === undefined ? [] : factsOf(brief, { series, joiner });
  if (fact === undefined) return general;
  const told = (others.length + 1) * plan.benefits.length;
  return (number) =>
    number < told ? pair([fact, ...others], plan.benefits, number) : general(number - told);
}

function factsOf(brief: Brief, { series, joiner }: Required<Pick<Bank, 'series' | 'joiner'>>): string[] {
  const { sentences, details } = readFacts(brief, series);
  const clauses = sentences.map((sentence) =>
    sentence.length <= longestFact ? sentence : (/^.*?(?=[:;：；])/u.exec(sentence)?.[0] ?? sentence),
  );
  const stop = joiner === '' ? '。' : '.';
  return [...clauses, ...details]
    .filter(({ length }) => length <= longestFact)
    .map((fact) => `${capital(fact)}${stop}`);
}

/** What can be drawn of the brief, at a place in a light. */
function scenes(
  { brand = '', description = '' }: Brief,
  { plan, joiner }: Bank,
  base: number,
): (number: number) => string {
  const thing = plan.things[subjectOf(`${brand} ${description}`) ?? 'none'];
  const count = plan.places.length;
  return (number) => {
    const place = put(cycle(plan.places, number + base), 'thing', thing);
    const light = cycle(plan.lights, Math.floor(number / count) + (number % count) + base);
    const round = Math.floor(number / (count * plan.lights.length));
    const [comma, moment] = [
      joiner === '' ? '、' : ', ',
      cycle(plan.moments, round - 1 + plan.moments.length),
    ];
    const scene = `${capital(place)}${comma}${light}`;
    return round === 0 ? scene : `${scene}${comma}${moment}`;
  };
}

function readers({ targetAudience }: Brief, { plan }: Bank, number: number): string {
  return targetAudience === undefined
    ? cycle(plan.topics, number)
    : put(cycle(plan.readers, number), 'audience', targetAudience);
}
