/** A sentence and its rank. Rank 1 is kept longest when there is little room. */
export type Part = { readonly text: string; readonly rank: number };

export function part(text: string, rank: number): Part {
  return { text, rank };
}

/** Stands in every text of the simulator. */
export const SIMULATED = '[simulated]';

/** Joins what fits within `limit` units, best rank first, in reading order, and ends with the marker. */
export function assemble(parts: readonly Part[], joiner: string, marker: string, limit: number): string {
  const end = marker.length + 2 <= limit / 2 || marker === SIMULATED ? marker : SIMULATED;
  let room = limit - end.length - 1;
  if (room <= 0) return SIMULATED.slice(0, limit);
  const kept = new Set<Part>();
  for (const candidate of parts.toSorted((one, other) => one.rank - other.rank)) {
    const needed = candidate.text.length + (kept.size > 0 ? joiner.length : 0);
    if (candidate.text === '' || needed > room) continue;
    kept.add(candidate);
    room -= needed;
  }
  const sentences = parts.filter((candidate) => kept.has(candidate)).map(({ text }) => text);
  const joined = sentences.length > 0 ? sentences.join(joiner) : shorten(parts[0]?.text ?? '', room);
  const text = joined.replaceAll(`${joiner}\n`, '\n').trim();
  return text === '' ? end : `${text} ${end}`;
}

/** Cuts a sentence at a word, never inside a character, and shows that something is missing. */
function shorten(sentence: string, limit: number): string {
  let short = '';
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(sentence)) {
    if (short.length + segment.length + 1 > limit) break;
    short += segment;
  }
  return short.trim() === '' ? '' : `${short.trimEnd()}…`;
}

/** Starts a new paragraph with the first part that has words. */
export function paragraph(parts: readonly Part[]): Part[] {
  const first = parts.find(({ text }) => text !== '');
  return parts.map((one) => (one === first ? { ...one, text: `\n\n${one.text}` } : one));
}

/** Puts a value in the place of `{name}`, and with a capital in the place of `{Name}`. */
export function put(template: string, name: string, value: string): string {
  return template.replaceAll(`{${name}}`, () => value).replaceAll(`{${capital(name)}}`, () => capital(value));
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
