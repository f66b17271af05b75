import { shade, type Canvas } from './canvas.ts';
import type { Fade } from './palette.ts';

export type Point = readonly [x: number, y: number];
/** Closed lines around an area. A line inside another one in the opposite direction is a hole. */
export type Outline = readonly (readonly Point[])[];

/** The parts of a row that lie inside an outline, by the non-zero winding rule. */
export function spansAt(outline: Outline, y: number): [from: number, to: number][] {
  const crossings: { x: number; turn: number }[] = [];
  for (const line of outline) {
    for (const [index, [x1, y1]] of line.entries()) {
      const [x2, y2] = line[(index + 1) % line.length] ?? [x1, y1];
      if (y1 <= y === y2 <= y) continue;
      crossings.push({ x: x1 + ((y - y1) / (y2 - y1)) * (x2 - x1), turn: y2 > y1 ? 1 : -1 });
    }
  }
  crossings.sort((one, other) => one.x - other.x);
  const spans: [number, number][] = [];
  let winding = 0;
  let from = 0;
  for (const { x, turn } of crossings) {
    if (winding === 0) from = x;
    winding += turn;
    if (winding === 0) spans.push([from, x]);
  }
  return spans;
}

/** The first and the last row that an outline touches. */
export function rowsOf(outline: Outline): { top: number; bottom: number } {
  let top = Number.POSITIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const [, y] of outline.flat()) {
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { top: Math.floor(top), bottom: Math.ceil(bottom) };
}

/** Fills an outline, fading from its top to its bottom. */
export function fill(canvas: Canvas, outline: Outline, fade: Fade): void {
  const { top, bottom } = rowsOf(outline);
  for (let row = Math.max(0, top); row < Math.min(canvas.height, bottom); row++) {
    const colour = shade(fade, (row - top) / (bottom - top));
    for (const [from, to] of spansAt(outline, row + 0.5)) canvas.span(row, from, to, colour);
  }
}
