import { createRandom, hash } from '../random.ts';
import { createCanvas, rectangle, write } from './canvas.ts';
import type { Canvas } from './canvas.ts';
import { drawable, GLYPH_HEIGHT, GLYPH_WIDTH, textWidth } from './font.ts';
import { createPalette } from './palette.ts';
import type { Palette } from './palette.ts';
import { encodePng } from './png.ts';
import { hills, orbits, tiles } from './scenes.ts';
import type { Scene } from './scenes.ts';

export type ImageOrder = {
  readonly width: number;
  readonly height: number;
  readonly brand: string | undefined;
  readonly tone: string | undefined;
  readonly seed: number;
};

const SCENES: readonly Scene[] = [hills, orbits, tiles];
const WORD = 'SIMULATED';
/** The strip at the foot that carries the words, as a share of the height. */
const FOOT = 0.11;
/** Letters are never smaller than this many pixels to a pixel of the font. */
const SMALLEST = 2;

/**
 * Draws a PNG image: a scene in the brand's colours above a strip that names the brand and says SIMULATED, in
 * pixels and in a tEXt chunk. The same order gives the same bytes.
 */
export async function drawImage({ width, height, brand, tone, seed }: ImageOrder): Promise<Buffer> {
  const palette = createPalette(brand ?? '', tone);
  const canvas = createCanvas(width, height);
  const random = createRandom(hash('scene', seed));
  const foot = Math.round(Math.min(width, height) * FOOT);
  const scene = SCENES[Math.floor(random() * SCENES.length)] ?? hills;
  scene(canvas, palette, random, height - foot);
  writeFoot(canvas, palette, foot, brand);
  return encodePng({
    width,
    height,
    rows: canvas.rows,
    palette: palette.colours,
    texts: { Software: 'Pressrun simulator', Comment: 'SIMULATED: drawn by a program, not by a model' },
  });
}

function writeFoot(canvas: Canvas, palette: Palette, foot: number, brand: string | undefined): void {
  const { width, height } = canvas;
  const top = height - foot;
  const margin = Math.round(foot * 0.32);
  rectangle(canvas, 0, top, width, foot, { first: palette.ink, levels: 1 });
  rectangle(canvas, 0, top, width, Math.max(3, foot * 0.04), { first: palette.accent.first, levels: 1 });

  const small = Math.max(SMALLEST, Math.floor(foot / 26));
  const wordWidth = textWidth(WORD) * small;
  const middle = (scale: number): number => Math.round(top + (foot - GLYPH_HEIGHT * scale) / 2);
  write(canvas, WORD, width - margin - wordWidth, middle(small), small, palette.accent.first);

  const name = drawable(brand ?? '');
  if (name === undefined || name === '') return;
  const room = width - 3 * margin - wordWidth;
  const scale = Math.max(SMALLEST, Math.min(Math.floor(small * 1.6), Math.floor(room / textWidth(name))));
  // A name too long even for the smallest letters is cut to fit.
  const shown = name.slice(0, Math.floor(room / (scale * (GLYPH_WIDTH + 1)))).trimEnd();
  write(canvas, shown, margin, middle(scale), scale, palette.paper);
}
