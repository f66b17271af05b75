import { subjectOf } from '../../image/subjects.ts';
import { cycle, hash } from '../../random.ts';
import type { Bank } from '../bank.ts';
import { BANKS } from '../languages.ts';
import { capital, put } from '../parts.ts';
import { hookAt, placeOf } from './hooks.ts';
import type { ItemParts } from './request.ts';

/** What a caption says of an item, in the caption's own language. */
export type Told = { readonly hook: string; readonly keyMessage: string; readonly scene: string };

/** Of another language is a text most of whose words are, and fewer of the own one. */
const mostWords = 0.5;

/**
 * Tells an item in the language of a bank. An item of that language is told as it stands; one of another language with the
 * sentences that stand at the same places.
 *
 * @param turn 0 for the item's own hook, others for the same in other words.
 */
export function tell({ hook = '', keyMessage = '', scene = '' }: ItemParts, bank: Bank, turn: number): Told {
  const from = bankOf(`${hook} ${keyMessage}`, bank);
  const place = placeOf(from, hook);
  const isOwn = from === bank;
  return {
    hook: isOwn && turn === 0 && hook !== '' ? hook : hookAt(bank, { ...place, start: place.start + turn }),
    keyMessage: isOwn ? keyMessage : messageFrom(keyMessage, from, bank),
    scene: isOwn ? scene : sceneFrom(scene, from, bank),
  };
}

/** The bank of the language that a text is in; `own` if none is clearly it. */
function bankOf(text: string, own: Bank): Bank {
  const words = wordsOf(text);
  const shareOf = (bank: Bank) =>
    words.filter((word) => vocabularyOf(bank).has(word)).length / Math.max(1, words.length);
  const scored = Array.from(BANKS.values(), (bank) => ({ bank, share: shareOf(bank) }));
  const best = scored.reduce((one, other) => (other.share > one.share ? other : one));
  return best.share >= mostWords && best.share > shareOf(own) ? best.bank : own;
}

const vocabularies = new WeakMap<Bank, ReadonlySet<string>>();

/** All words of the bank's own sentences. */
function vocabularyOf(bank: Bank): ReadonlySet<string> {
  const known = vocabularies.get(bank);
  if (known !== undefined) return known;
  const { plan, bodies, series } = bank;
  const { moments, starts, benefits, topics, places, lights } = plan;
  const leads = series?.leads ?? [];
  const sentences = [
    ...moments,
    ...starts,
    ...benefits,
    ...topics,
    ...places,
    ...lights,
    ...bodies,
    ...leads,
  ];
  const words = new Set(wordsOf(sentences.join(' ').replaceAll(/\{\w+\}/g, ' ')));
  vocabularies.set(bank, words);
  return words;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

function wordsOf(text: string): string[] {
  return Array.from(segmenter.segment(text.toLowerCase())).flatMap(({ segment, isWordLike }) =>
    isWordLike === true ? [segment] : [],
  );
}

function messageFrom(message: string, from: Bank, to: Bank): string {
  const body = from.bodies.findIndex((sentence) => message.startsWith(sentence));
  const benefit = from.plan.benefits.findIndex((sentence) => message.endsWith(sentence));
  return [
    cycle(to.bodies, body === -1 ? hash(message) : body),
    cycle(to.plan.benefits, benefit === -1 ? hash(message, 'benefit') : benefit),
  ].join(to.joiner);
}

function sceneFrom(scene: string, from: Bank, to: Bank): string {
  const thing = subjectOf(scene) ?? 'none';
  const at = from.plan.places.findIndex((place) =>
    scene.startsWith(capital(put(place, 'thing', from.plan.things[thing]))),
  );
  const lit = from.plan.lights.findIndex((light) => scene.includes(light));
  const place = put(cycle(to.plan.places, at === -1 ? hash(scene) : at), 'thing', to.plan.things[thing]);
  const light = cycle(to.plan.lights, lit === -1 ? hash(scene, 'light') : lit);
  return `${capital(place)}${to.joiner === '' ? '、' : ', '}${light}`;
}
