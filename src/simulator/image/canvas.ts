import type { Fade } from './palette.ts';

/**
 * Draws in rows of colour numbers. Everything is filled span by span with `Uint8Array.fill`, because touching each
 * pixel of an image from JavaScript costs more than compressing it.
 */
export type Canvas = {
  readonly width: number;
  readonly height: number;
  /** As PNG wants them: one filter byte, then the pixels of the row. */
  readonly rows: Uint8Array;
  /** Fills columns `from` (included) to `to` (excluded) of a row; what lies outside is left out. */
  readonly span: (y: number, from: number, to: number, colour: number) => void;
};

/** An empty canvas of colour 0. */
export function createCanvas(width: number, height: number): Canvas {
  const rows = new Uint8Array((width + 1) * height);
  return {
    width,
    height,
    rows,
    span(y, from, to, colour) {
      if (y < 0 || y >= height) return;
      const left = Math.max(0, Math.round(from));
      const right = Math.min(width, Math.round(to));
      const start = y * (width + 1) + 1;
      if (right > left) rows.fill(colour, start + left, start + right);
    },
  };
}

/** The colour of a fade at `share` of the way, 0 to 1. */
export function shade({ first, levels }: Fade, share: number): number {
  return first + Math.min(levels - 1, Math.max(0, Math.floor(share * levels)));
}

/** Fills a rectangle, fading from top to bottom. */
export function rectangle(
  canvas: Canvas,
  x: number,
  y: number,
  width: number,
  height: number,
  fade: Fade,
): void {
  const top = Math.round(y);
  const bottom = Math.round(y + height);
  for (let row = top; row < bottom; row++) {
    canvas.span(row, x, x + width, shade(fade, (row - top) / (bottom - top)));
  }
}

/** Fills a disc, or a ring when `inner` is greater than 0, fading from top to bottom. */
export function disc(canvas: Canvas, x: number, y: number, radius: number, fade: Fade, inner = 0): void {
  for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(canvas.height - 1, y + radius); row++) {
    const half = Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
    const hole = Math.sqrt(Math.max(0, inner ** 2 - (row - y) ** 2));
    const colour = shade(fade, (row - y + radius) / (2 * radius));
    canvas.span(row, x - half, x - hole, colour);
    canvas.span(row, x + hole, x + half, colour);
  }
}

/** Fills everything below a line of hills; `heights` has the first filled row of each column. */
export function terrain(canvas: Canvas, heights: readonly number[], bottom: number, fade: Fade): void {
  const top = Math.floor(Math.min(...heights));
  for (let row = Math.max(0, top); row < bottom; row++) {
    const colour = shade(fade, (row - top) / (bottom - top));
    let from = -1;
    for (let x = 0; x <= canvas.width; x++) {
      const inside = x < canvas.width && (heights[x] ?? bottom) <= row;
      if (inside && from < 0) from = x;
      if (!inside && from >= 0) {
        canvas.span(row, from, x, colour);
        from = -1;
      }
    }
  }
}
