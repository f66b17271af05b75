import { cycle, hash } from '../../random.ts';
import type { Bank } from '../bank.ts';
import { put } from '../parts.ts';

/** Has no factor in common with the number of hooks of any language, so that a walk meets all of them. */
const stride = 7;

/** Which start a hook has, and which moment. */
export type HookPlace = { readonly start: number; readonly moment: number };

/** The hook at a place: it means the same in each language. */
export function hookAt({ plan: { starts, moments } }: Bank, { start, moment }: HookPlace): string {
  return put(cycle(starts, start), 'moment', cycle(moments, moment));
}

/** All first sentences of a language, each of which begins with other words. */
export function hooksOf(bank: Bank): string[] {
  return placesOf(bank).map((place) => hookAt(bank, place));
}

/** Where a hook stands in its language. One that somebody else wrote is taken for any of them, always the same. */
export function placeOf(bank: Bank, hook: string): HookPlace {
  const places = placesOf(bank);
  const found = places.find((place) => hook.startsWith(hookAt(bank, place)));
  return found ?? cycle([{ start: 0, moment: 0 }, ...places], hash(hook));
}

/** The `number`-th hook of a walk that begins at `base`. When all were used, they come again with a sentence after them. */
export function hookOf(bank: Bank, number: number, base: number): string {
  const hooks = hooksOf(bank);
  const round = Math.floor(number / hooks.length);
  const hook = hooks[((number % hooks.length) * stride + (base % hooks.length)) % hooks.length] ?? '';
  return round === 0 ? hook : `${hook}${bank.joiner}${cycle(bank.plan.benefits, round - 1)}`;
}

function placesOf({ plan: { starts, moments } }: Bank): HookPlace[] {
  return starts.flatMap((_, row) =>
    moments.map((_moment, moment) => ({ start: (row + moment) % starts.length, moment })),
  );
}
