import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow';

/** Colours a text, unless the output takes no colours. */
export type Paint = (style: Style, text: string) => string;

/** Puts foreign text on one line, without control characters. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Cuts a text to a number of terminal columns; what was cut shows as `…`. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  let width = 1;
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`;
}

/** Fills a text with blanks up to a number of terminal columns. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const blanks = ' '.repeat(Math.max(0, columns - stringWidth(text)));
  return side === 'right' ? text + blanks : blanks + text;
}

/** `8.1 s` or, from a minute on, `1 min 05 s`. */
export function seconds(ms: number, digits: 0 | 1 = 1): string {
  if (ms < 60_000) {
    // Cut, not rounded: `60.0 s` must never appear.
    const step = digits === 0 ? 1000 : 100;
    return `${((Math.floor(Math.max(0, ms) / step) * step) / 1000).toFixed(digits)} s`;
  }
  const whole = Math.floor(ms / 1000);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `1 post`, `10 posts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
