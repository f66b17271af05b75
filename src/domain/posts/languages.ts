import { z } from 'zod';

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** Enough for every registered tag (RFC 5646, 4.4.1). Extensions can make a tag endless. */
const maxTagCharacters = 35;

/**
 * @param tag what a user typed as a language, such as `DE` or `pt-br`.
 * @returns the canonical BCP 47 tag (`de`, `pt-BR`); undefined if the tag names no language.
 */
export function canonicalLanguage(tag: string): string | undefined {
  if (tag.length > maxTagCharacters) return undefined;
  try {
    const [canonical] = Intl.getCanonicalLocales(tag);
    return canonical !== undefined && names.of(canonical) !== undefined ? canonical : undefined;
  } catch {
    return undefined;
  }
}

/** The English name of a canonical tag: `pt-BR` is `Brazilian Portuguese`. */
export function languageName(tag: string): string {
  return names.of(tag) ?? tag;
}

/** A language that a user typed; parses to its canonical tag. */
export const languageSchema = z.string().transform((tag, context) => {
  const canonical = canonicalLanguage(tag.trim());
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: 'custom', message: 'must be a language tag such as en, de or pt-BR' });
  return z.NEVER;
});
