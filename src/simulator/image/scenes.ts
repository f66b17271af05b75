import type { Random } from '../random.ts';
import { disc, rectangle, shade, terrain } from './canvas.ts';
import type { Canvas } from './canvas.ts';
import type { Fade, Palette } from './palette.ts';

/** Fills the canvas down to row `bottom`. */
export type Scene = (canvas: Canvas, palette: Palette, random: Random, bottom: number) => void;

/** A wall and a floor, and a disc of light to stand before. */
export const stage: Scene = (canvas, palette, random, bottom) => {
  const { width } = canvas;
  sky(canvas, palette.sky, bottom);
  const floor = bottom * (0.7 + 0.08 * random());
  const wall = palette.shapes[Math.floor(random() * 2)];
  const ground = palette.shapes[2 + Math.floor(random() * 2)];
  if (ground) rectangle(canvas, 0, floor, width, bottom - floor, ground);
  const unit = Math.min(width, bottom) * 0.4;
  const x = width * (0.4 + 0.2 * random());
  if (wall) disc(canvas, x, bottom * 0.45, unit, wall, random() < 0.5 ? unit * 0.86 : 0);
};

/** Hills behind hills, and a sun between them. */
export const hills: Scene = (canvas, palette, random, bottom) => {
  const { width } = canvas;
  sky(canvas, palette.sky, bottom);
  const x = width * (0.2 + 0.6 * random());
  const y = bottom * (0.22 + 0.2 * random());
  const radius = Math.min(width, bottom) * (0.1 + 0.07 * random());
  const halo = { first: palette.sky.first + palette.sky.levels - 12, levels: 12 };
  disc(canvas, x, y, radius * 1.9, halo, radius * 1.55);
  disc(canvas, x, y, radius * 1.3, halo);
  disc(canvas, x, y, radius, palette.accent);
  for (const [index, fade] of palette.shapes.entries()) {
    const base = bottom * (0.46 + 0.11 * index);
    const waves = Array.from({ length: 3 }, (_, wave) => ({
      size: (bottom * (0.05 + 0.05 * random())) / (wave + 1),
      turns: ((1.2 + 1.6 * random()) * (wave + 1) * 2 * Math.PI) / width,
      start: random() * 2 * Math.PI,
    }));
    const heights = Array.from({ length: width }, (_, column) =>
      waves.reduce(
        (height, { size, turns, start }) => height + size * Math.sin(column * turns + start),
        base,
      ),
    );
    terrain(canvas, heights, bottom, fade);
  }
};

/** Rings around a corner point, with planets on them. */
export const orbits: Scene = (canvas, palette, random, bottom) => {
  const { width } = canvas;
  sky(canvas, palette.sky, bottom);
  const x = width * (random() < 0.5 ? 0.12 + 0.2 * random() : 0.68 + 0.2 * random());
  const y = bottom * (0.35 + 0.4 * random());
  const unit = Math.min(width, bottom) * 0.16;
  for (const [index, fade] of palette.shapes.entries()) {
    const radius = unit * (1.75 + 1.15 * (palette.shapes.length - 1 - index));
    disc(canvas, x, y, radius, fade, radius - unit * (0.25 + 0.6 * random()));
  }
  disc(canvas, x, y, unit, palette.accent);
  const paper = { first: palette.paper, levels: 1 };
  for (let planet = 0; planet < 4; planet++) {
    const angle = random() * 2 * Math.PI;
    const away = unit * (1.6 + 1.15 * planet);
    const size = unit * (0.1 + 0.16 * random());
    disc(canvas, x + away * Math.cos(angle), y + away * Math.sin(angle), size * 1.35, paper);
    disc(canvas, x + away * Math.cos(angle), y + away * Math.sin(angle), size, palette.accent);
  }
};

/** Square tiles with discs, quarter rings and bars, as on a quilt. */
export const tiles: Scene = (canvas, palette, random, bottom) => {
  const columns = Math.max(3, Math.round((canvas.width / Math.min(canvas.width, bottom)) * 4));
  const size = canvas.width / columns;
  const fades: readonly Fade[] = [...palette.shapes, palette.accent];
  sky(canvas, palette.sky, bottom);
  const draw = (fade: Fade, left: number, top: number): void => {
    const kind = Math.floor(random() * 5);
    const middle = [left + size / 2, top + size / 2] as const;
    const inner = { first: fade.first + fade.levels - 1, levels: 1 };
    if (kind === 0) disc(canvas, ...middle, size * 0.4, fade, size * 0.2);
    if (kind === 1) disc(canvas, ...middle, size * 0.44, fade);
    if (kind === 2) halfDiscs(canvas, left, top, size, fade);
    if (kind === 3) rectangle(canvas, left, top + size * 0.5, size, size * 0.5, fade);
    if (kind === 4)
      for (let bar = 0; bar < 3; bar++)
        rectangle(canvas, left + (bar * size) / 3, top, size / 6, size, inner);
  };
  for (let top = 0; top < bottom; top += size) {
    for (let column = 0; column < columns; column++) {
      const ground = Math.floor(random() * fades.length);
      const figure = (ground + 2 + Math.floor(random() * (fades.length - 3))) % fades.length;
      const left = column * size;
      const groundFade = fades[ground];
      const figureFade = fades[figure];
      if (groundFade && random() < 0.7) rectangle(canvas, left, top, size, size, groundFade);
      if (figureFade) draw(figureFade, left, top);
    }
  }
};

function halfDiscs(canvas: Canvas, left: number, top: number, size: number, fade: Fade): void {
  for (const share of [0, 0.5]) {
    const flat = Math.round(top + size * share);
    for (let row = 0; row < size / 2; row++) {
      const half = Math.sqrt(Math.max(0, (size / 2) ** 2 - row ** 2));
      canvas.span(flat + row, left + size / 2 - half, left + size / 2 + half, shade(fade, row / (size / 2)));
    }
  }
}

/** Fades the ground slantwise: each row is the row above, moved by one pixel. */
function sky({ width, rows }: Canvas, fade: Fade, bottom: number): void {
  const slant = Uint8Array.from({ length: width + bottom }, (_, index) =>
    shade(fade, index / (width + bottom)),
  );
  for (let row = 0; row < bottom; row++) rows.set(slant.subarray(row, row + width), row * (width + 1) + 1);
}
