/** Ends a word in another form of it, by language: the form has the same stem. */
const endings: Readonly<Record<string, (word: string) => string>> = {
  en: (word) => (/[^shxyz]$/i.test(word) ? `${word}s` : word),
  de: (word) => (/[^aeiousß]$/i.test(word) ? `${word}e` : /e$/i.test(word) ? `${word}n` : word),
  fr: (word) => (/[^sxz]$/i.test(word) ? `${word}s` : word),
  es: (word) => (/[aeo]$/i.test(word) ? `${word}s` : word),
  pt: (word) => (/[aeo]$/i.test(word) ? `${word}s` : word),
};

/** Another form of a word of the language; the word as it stands where the simulator knows none, as of phrases. */
export function inflect(word: string, language: string): string {
  return /^\p{L}{3,}$/u.test(word) ? (endings[language]?.(word) ?? word) : word;
}
