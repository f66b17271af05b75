import { cycle } from '../../random.ts';
import type { Bank } from '../bank.ts';
import { put } from '../parts.ts';

/** Has no factor in common with the number of hooks of any language, so that a walk meets all of them. */
const stride = 7;

/** All first sentences of a language, each of which begins with other words. */
export function hooksOf({ plan: { moments, starts } }: Bank): string[] {
  return starts.flatMap((_, row) =>
    moments.map((moment, column) => put(cycle(starts, row + column), 'moment', moment)),
  );
}

/** The `number`-th hook of a walk that begins at `base`. When all were used, they come again with a sentence after them. */
export function hookOf(bank: Bank, number: number, base: number): string {
  const hooks = hooksOf(bank);
  const round = Math.floor(number / hooks.length);
  const hook = hooks[((number % hooks.length) * stride + (base % hooks.length)) % hooks.length] ?? '';
  return round === 0 ? hook : `${hook}${bank.joiner}${cycle(bank.plan.benefits, round - 1)}`;
}
