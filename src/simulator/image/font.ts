/** Glyphs are five pixels wide and seven high, and stand one pixel apart. */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 7;

// One character a row, a number of five bits in base 32: "e" is 01110, "v" is 11111.
// prettier-ignore
const GLYPHS: Readonly<Record<string, string>> = {
  A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf',
  H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh',
  O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe',
  V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh', Y: 'hha4444', Z: 'v1248gv', '0': 'ehjlphe', '1': '4c4444e',
  '2': 'eh1248v', '3': 'v2421he', '4': '26aiv22', '5': 'vgu11he', '6': '68guhhe', '7': 'v124888',
  '8': 'ehhehhe', '9': 'ehhf12c', ' ': '0000000', '.': '00000cc', ',': '0000c48', '-': '000v000',
  '&': 'cik8lid', "'": '4480000', '!': '4444404', '?': 'eh12404', '+': '044v440', '/': '01248g0',
  ':': '0cc0cc0', _: '000000v', '@': 'eh1dlle', '#': 'aavavaa', '%': 'op248j3', '(': '2488842',
  ')': '8422248', '"': 'aa00000', '*': '04lel40', '=': '00v0v00',
};

/** Pixels from the left edge of a text to its right edge, at scale 1. */
export function textWidth(text: string): number {
  return Math.max(0, text.length * (GLYPH_WIDTH + 1) - 1);
}

/**
 * The text in the font's letters: capitals without accents. Undefined if a letter is missing, as in Japanese: a name with
 * gaps is worse than none.
 */
export function drawable(text: string): string | undefined {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll(/[’‘]/g, "'").toUpperCase();
  return Array.from(plain).every((letter) => letter in GLYPHS) ? plain : undefined;
}

/** The seven rows of a letter, five bits each, the leftmost pixel highest. Letters the font lacks are blank. */
export function glyphRows(letter: string): number[] {
  return Array.from(GLYPHS[letter] ?? '0000000', (row) => Number.parseInt(row, 32));
}
