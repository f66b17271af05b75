import { readFileSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import opentype, { type Font } from 'opentype.js';
import { z } from 'zod';
import { shade, type Canvas } from './canvas.ts';
import { rowsOf, spansAt, type Point } from './outline.ts';
import type { Fade } from './palette.ts';

const folder = new URL('.', import.meta.resolve('@fontsource/sawarabi-gothic/index.css'));
/** Steps that a curve is drawn in: letters are small. */
const curveSteps = 5;
/** Rows within a row of pixels, to smooth the edges. */
const subRows = 4;

/** A text as smooth pixels. */
export type Lettering = {
  /** In pixels, as the height. */
  readonly width: number;
  readonly height: number;
  /** The first row, above the baseline. */
  readonly top: number;
  /** How much of each pixel is covered, 0 to 1, row by row. */
  readonly coverage: Float32Array;
};

/** The brand's name and the marker come with every image. Fonts are not kept: they take more memory than words. */
const known = new LRUCache<string, Lettering | 'missing'>({ max: 100 });

/**
 * Sets a text in the font's letters. Returns undefined if one is missing, as in scripts that the font lacks: a name with
 * gaps is worse than none.
 *
 * @param size height of the em square, in pixels.
 */
export function setText(text: string, size: number): Lettering | undefined {
  const key = `${size} ${text}`;
  const set = known.get(key) ?? draw(text.normalize('NFC'), size) ?? 'missing';
  known.set(key, set);
  return set === 'missing' ? undefined : set;
}

/** Writes a text with its baseline's left end at (x, y). @param fade from the ground's colour to the text's. */
export function write(canvas: Canvas, text: Lettering, x: number, y: number, fade: Fade): void {
  const { width, height, top, coverage } = text;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const covered = coverage[row * width + column] ?? 0;
      if (covered === 0) continue;
      const left = Math.round(x) + column;
      canvas.span(Math.round(y) + top + row, left, left + 1, shade(fade, Math.min(0.999, covered)));
    }
  }
}

/** Sawarabi Gothic comes in files by range of code points, of which a text needs one or two. */
function openFont(): (character: string) => Font | undefined {
  const ranges = z
    .record(z.string(), z.string())
    .parse(JSON.parse(readFileSync(new URL('unicode.json', folder), 'utf8')));
  const files = Object.entries(ranges).map(([key, text]) => {
    const pairs = text.split(',').map((range) => {
      const [from = '', to = from] = range.replace('U+', '').split('-');
      return [Number.parseInt(from, 16), Number.parseInt(to, 16)] as const;
    });
    return { name: key.replaceAll(/[[\]]/g, ''), pairs };
  });
  const fonts = new Map<string, Font>();
  return (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    const file = files.find(({ pairs }) => pairs.some(([from, to]) => from <= codePoint && codePoint <= to));
    if (file === undefined) return undefined;
    const font = fonts.get(file.name) ?? readFont(file.name);
    fonts.set(file.name, font);
    return font;
  };
}

function readFont(name: string): Font {
  const { buffer, byteOffset, byteLength } = readFileSync(
    new URL(`files/sawarabi-gothic-${name}-400-normal.woff`, folder),
  );
  return opentype.parse(buffer.slice(byteOffset, byteOffset + byteLength));
}

function draw(text: string, size: number): Lettering | undefined {
  const fontOf = openFont();
  const outline: Point[][] = [];
  let x = 0;
  for (const character of text) {
    const font = fontOf(character);
    const glyph = font?.charToGlyph(character);
    if (font === undefined || glyph === undefined || glyph.index === 0) return undefined;
    outline.push(...linesOf(glyph.getPath(x, 0, size).commands));
    x += ((glyph.advanceWidth ?? font.unitsPerEm) * size) / font.unitsPerEm;
  }
  const { top, bottom } = rowsOf(outline);
  const [width, height] = [Math.ceil(x) + 1, Math.max(0, bottom - top)];
  const coverage = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const pixels = coverage.subarray(row * width, (row + 1) * width);
    for (let subRow = 0; subRow < subRows; subRow++) {
      for (const [from, to] of spansAt(outline, top + row + (subRow + 0.5) / subRows))
        cover(pixels, from, to);
    }
  }
  return { width, height, top, coverage };
}

/** Adds how much of each pixel lies between two places. */
function cover(pixels: Float32Array, from: number, to: number): void {
  for (let column = Math.max(0, Math.floor(from)); column < Math.min(pixels.length, to); column++) {
    const share = Math.min(to, column + 1) - Math.max(from, column);
    pixels[column] = (pixels[column] ?? 0) + share / subRows;
  }
}

type Command = ReturnType<ReturnType<Font['charToGlyph']>['getPath']>['commands'][number];

function linesOf(commands: readonly Command[]): Point[][] {
  const lines: Point[][] = [];
  let line: Point[] = [];
  for (const command of commands) {
    if (command.type === 'Z') continue;
    if (command.type === 'M') {
      line = [[command.x, command.y]];
      lines.push(line);
      continue;
    }
    const [startX, startY] = line.at(-1) ?? [command.x, command.y];
    const controls: Point[] =
      command.type === 'Q'
        ? [[command.x1, command.y1]]
        : command.type === 'C'
          ? [
              [command.x1, command.y1],
              [command.x2, command.y2],
            ]
          : [];
    line.push(...curve([[startX, startY], ...controls, [command.x, command.y]]));
  }
  return lines;
}

/** Points on a Bézier curve, by de Casteljau's algorithm, without the first one. */
function curve(controls: readonly Point[]): Point[] {
  if (controls.length === 2) return controls.slice(1);
  return Array.from({ length: curveSteps }, (_, step) => {
    const share = (step + 1) / curveSteps;
    let points = controls;
    while (points.length > 1) {
      points = points.slice(1).map(([x, y], index): Point => {
        const [beforeX, beforeY] = points[index] ?? [x, y];
        return [beforeX + (x - beforeX) * share, beforeY + (y - beforeY) * share];
      });
    }
    return points[0] ?? [0, 0];
  });
}
