import { createRandom, hash } from '../random.ts';
import type { Random } from '../random.ts';
import { createCanvas, disc, rectangle } from './canvas.ts';
import type { Canvas } from './canvas.ts';
import { setText, write, type Lettering } from './font.ts';
import { motifs, type Motif } from './motifs.ts';
import { createPalette } from './palette.ts';
import type { Palette } from './palette.ts';
import { createPen } from './pen.ts';
import { encodePng } from './png.ts';
import { hills, orbits, stage, tiles } from './scenes.ts';
import type { Scene } from './scenes.ts';
import { settingOf } from './settings.ts';
import { subjectOf } from './subjects.ts';

export type ImageOrder = {
  readonly width: number;
  readonly height: number;
  readonly brand: string | undefined;
  readonly tone: string | undefined;
  /** What the image is about, in words. */
  readonly subject: string;
  /** What it shows, and where, if that is planned: goes before the subject. */
  readonly scene: string;
  /** Colours of the brand, such as `#1a2b3c`. */
  readonly colours: readonly string[];
  readonly seed: number;
};

/** For a subject that can be drawn, and for all others. */
const BACKGROUNDS: readonly Scene[] = [hills, stage, tiles];
const SCENES: readonly Scene[] = [hills, orbits, tiles];
const WORD = 'SIMULATED';
/** The strip at the foot that carries the words, as a share of the height. */
const FOOT = 0.11;

/**
 * Draws a PNG image: the subject of the brief, or a scene, in the brand's colours, above a strip that names the brand and
 * says SIMULATED, in pixels and in a tEXt chunk. The same order gives the same bytes.
 */
export async function drawImage(order: ImageOrder): Promise<Buffer> {
  const { width, height, brand, tone, subject, scene: planned, colours, seed } = order;
  const random = createRandom(hash('scene', seed));
  const palette = createPalette(brand ?? '', tone, colours, random() * 2 - 1);
  const canvas = createCanvas(width, height);
  const foot = Math.round(Math.min(width, height) * FOOT);
  const thing = subjectOf(planned) ?? subjectOf(subject);
  const motif = thing === undefined ? undefined : motifs[thing];
  const scenes = motif === undefined ? SCENES : BACKGROUNDS;
  const chance = scenes[Math.floor(random() * scenes.length)] ?? hills;
  const scene = settingOf(planned) ?? chance;
  scene(canvas, palette, random, height - foot);
  if (motif !== undefined) drawSubject(canvas, palette, random, height - foot, motif);
  writeFoot(canvas, palette, foot, brand);
  return encodePng({
    width,
    height,
    rows: canvas.rows,
    palette: palette.colours,
    texts: { Software: 'Pressrun simulator', Comment: 'SIMULATED: drawn by a program, not by a model' },
  });
}

/** Draws the subject before a light disc, so that it stands out from any scene. */
function drawSubject(canvas: Canvas, palette: Palette, random: Random, bottom: number, motif: Motif): void {
  const { width } = canvas;
  const unit = Math.min(width, bottom) * (0.27 + 0.07 * random());
  const x = width * (0.38 + 0.24 * random());
  const y = bottom * (0.46 + 0.1 * random());
  disc(canvas, x, y, unit * 1.4, { first: palette.paper, levels: 1 });
  disc(canvas, x, y, unit * 1.34, {
    first: palette.sky.first + palette.sky.levels / 2,
    levels: palette.sky.levels / 2,
  });
  motif(createPen(canvas, x, y, unit, random() < 0.5 ? 1 : -1), palette);
}

function writeFoot(canvas: Canvas, palette: Palette, foot: number, brand: string | undefined): void {
  const { width, height } = canvas;
  const top = height - foot;
  const margin = Math.round(foot * 0.32);
  rectangle(canvas, 0, top, width, foot, { first: palette.ink, levels: 1 });
  rectangle(canvas, 0, top, width, Math.max(3, foot * 0.04), { first: palette.accent.first, levels: 1 });

  const baseline = (size: number): number => Math.round(top + foot / 2 + size * 0.36);
  const small = Math.round(foot * 0.26);
  const word = setText(WORD, small);
  if (word === undefined) throw new Error('the font of the simulator lacks Latin letters');
  write(canvas, word, width - margin - word.width, baseline(small), palette.accentLetters);

  const name = fitName(brand ?? '', Math.round(foot * 0.42), width - 3 * margin - word.width);
  if (name !== undefined) write(canvas, name.text, margin, baseline(name.size), palette.paperLetters);
}

/** A name at the largest size that fits, at least two thirds of `size`. A longer one is cut. */
function fitName(name: string, size: number, room: number): { text: Lettering; size: number } | undefined {
  const whole = setText(name, size);
  if (whole === undefined || name === '') return undefined;
  if (whole.width <= room) return { text: whole, size };
  const smallest = Math.round(size * 0.66);
  const fitting = Math.max(smallest, Math.floor((size * room) / whole.width));
  for (let shown = name; shown !== ''; shown = shown.slice(0, -1).trimEnd()) {
    const text = setText(shown === name ? name : `${shown}…`, fitting);
    if (text !== undefined && text.width <= room) return { text, size: fitting };
  }
  return undefined;
}
