import type { Brief } from './brief.ts';
import type { Bank, Voice } from './bank.ts';
import { da } from './banks/da.ts';
import { de } from './banks/de.ts';
import { en } from './banks/en.ts';
import { es } from './banks/es.ts';
import { fr } from './banks/fr.ts';
import { it } from './banks/it.ts';
import { ja } from './banks/ja.ts';
import { nl } from './banks/nl.ts';
import { pl } from './banks/pl.ts';
import { pt } from './banks/pt.ts';
import { sv } from './banks/sv.ts';

/** The languages that the simulator writes, by the first part of their BCP 47 tag. */
export const BANKS: ReadonlyMap<string, Bank> = new Map(
  Object.entries({ en, de, fr, es, it, pt, nl, pl, sv, da, ja }),
);

export type LanguageChoice = {
  readonly bank: Bank;
  /** The name of the language asked for, when there is no bank for it and English stands in. */
  readonly missing: string | undefined;
};

/** The bank for a brief: the primary part of its language tag decides, so `pt-BR` is written in `pt`. */
export function chooseLanguage({ language, languageName }: Brief): LanguageChoice {
  if (language === undefined) return { bank: en, missing: undefined };
  const primary = language.split(/[-_]/)[0]?.toLowerCase() ?? '';
  const bank = BANKS.get(primary);
  return bank ? { bank, missing: undefined } : { bank: en, missing: languageName ?? nameOf(language) };
}

function nameOf(tag: string): string {
  try {
    return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;
  } catch {
    // A tag that is not well-formed is still what was asked for.
    return tag;
  }
}

// The first voice whose words match wins; an unknown tone is friendly.
const VOICE_WORDS: readonly (readonly [RegExp, Voice])[] = [
  [/play|fun|humou?r|witty|casual|quirky|cheek|young|ironic/i, 'playful'],
  [/bold|confident|direct|urgent|energetic|provocat|edgy|strong|dar(e|ing)/i, 'bold'],
  [/inspir|motivat|vision|emotional|poetic|hope|empower|story/i, 'inspiring'],
  [
    /profession|formal|serious|inform|educat|expert|author|luxur|elegan|premium|sophist|corporate/i,
    'professional',
  ],
];

/** The voice for a tone word. "informal" is looked at first, because it contains "formal" and "inform". */
export function chooseVoice(tone: string | undefined): Voice {
  if (tone === undefined || /informal/i.test(tone)) return 'friendly';
  return VOICE_WORDS.find(([words]) => words.test(tone))?.[1] ?? 'friendly';
}
