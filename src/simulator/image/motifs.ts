import type { Point } from './outline.ts';
import type { Fade, Palette } from './palette.ts';
import type { Pen } from './pen.ts';
import type { Subject } from './subjects.ts';

/** Draws one thing within -1 to 1 in both directions. */
export type Motif = (pen: Pen, palette: Palette) => void;

const flat = (first: number): Fade => ({ first, levels: 1 });
const dark = ({ shapes, ink }: Palette): Fade => shapes.at(-1) ?? flat(ink);
const middle = (palette: Palette): Fade => palette.shapes[2] ?? dark(palette);

const bicycle: Motif = (pen, palette) => {
  const ink = flat(palette.ink);
  const frame = dark(palette);
  for (const x of [-0.6, 0.6]) {
    for (let spoke = 0; spoke < 6; spoke++) {
      const angle = (spoke * Math.PI) / 6;
      const [away, down] = [0.4 * Math.cos(angle), 0.4 * Math.sin(angle)];
      pen.line([x - away, 0.35 - down], [x + away, 0.35 + down], 0.012, middle(palette));
    }
    pen.disc(x, 0.35, 0.44, ink, 0.38);
    pen.disc(x, 0.35, 0.06, ink);
  }
  pen.line([-0.6, 0.35], [-0.05, 0.38], 0.05, frame);
  pen.line([-0.6, 0.35], [-0.22, -0.2], 0.05, frame);
  pen.line([-0.05, 0.38], [-0.28, -0.35], 0.06, frame);
  pen.line([-0.22, -0.2], [0.42, -0.25], 0.06, frame);
  pen.line([-0.05, 0.38], [0.42, -0.2], 0.06, frame);
  pen.line([0.38, -0.45], [0.6, 0.35], 0.06, frame);
  pen.line([0.37, -0.45], [0.6, -0.52], 0.05, ink);
  pen.disc(0.6, -0.5, 0.05, ink);
  pen.ellipse(-0.3, -0.38, 0.36, 0.12, ink);
  pen.disc(-0.05, 0.38, 0.12, palette.accent);
  pen.disc(-0.05, 0.38, 0.05, ink);
};

const bottle: Motif = (pen, palette) => {
  const glass = middle(palette);
  pen.ellipse(0, -0.2, 0.6, 0.5, glass);
  pen.shape(points('-0.3,-0.2 0.3,-0.2 0.3,0.8 -0.3,0.8'), glass);
  pen.ellipse(0, 0.8, 0.6, 0.2, glass);
  pen.shape(points('-0.12,-0.75 0.12,-0.75 0.14,-0.35 -0.14,-0.35'), glass);
  pen.shape(points('-0.15,-0.95 0.15,-0.95 0.15,-0.75 -0.15,-0.75'), palette.accent);
  pen.shape(points('-0.3,0.05 0.3,0.05 0.3,0.5 -0.3,0.5'), flat(palette.paper));
  drop(pen, 0, 0.26, 0.13, dark(palette));
  pen.shape(points('-0.22,-0.12 -0.17,-0.16 -0.17,0.02 -0.22,0.02'), flat(palette.paper));
  drop(pen, 0.62, 0.45, 0.16, palette.accent);
  drop(pen, -0.62, -0.1, 0.11, glass);
};

function drop(pen: Pen, x: number, y: number, size: number, fade: Fade): void {
  pen.shape(
    [
      [x, y - size * 1.5],
      [x + size * 0.92, y - size * 0.3],
      [x - size * 0.92, y - size * 0.3],
    ],
    fade,
  );
  pen.disc(x, y, size, fade);
}

const teaCup: Motif = (pen, palette) => {
  const clay = dark(palette);
  steam(pen, palette);
  pen.ellipse(0, 0.72, 1.5, 0.22, flat(palette.ink));
  pen.ellipse(0, 0.68, 1.4, 0.18, middle(palette));
  pen.ellipse(0, 0.02, 1.1, 1.25, clay, { from: 0, to: 0.5 });
  pen.shape(points('-0.2,0.6 0.2,0.6 0.24,0.7 -0.24,0.7'), clay);
  pen.ellipse(0, 0.02, 1.1, 0.24, flat(palette.ink));
  pen.ellipse(0, 0.04, 1, 0.18, palette.accent);
  pen.ellipse(0.18, 0.03, 0.3, 0.08, middle(palette), { tilt: 0.08 });
};

const mug: Motif = (pen, palette) => {
  const clay = dark(palette);
  steam(pen, palette);
  pen.disc(0.52, 0.35, 0.3, clay, 0.18);
  pen.shape(points('-0.5,0 0.5,0 0.44,0.75 -0.44,0.75'), clay);
  pen.ellipse(0, 0.75, 0.88, 0.18, clay);
  pen.ellipse(0, 0, 1, 0.24, flat(palette.ink));
  pen.ellipse(0, 0.02, 0.88, 0.17, palette.accent);
  pen.shape(points('-0.47,0.38 0.47,0.38 0.46,0.5 -0.46,0.5'), flat(palette.paper));
};

function steam(pen: Pen, palette: Palette): void {
  for (const [x, top] of [
    [-0.22, -0.75],
    [0.02, -0.95],
    [0.26, -0.7],
  ] as const) {
    for (let step = 0; step < 8; step++) {
      const at = (part: number) => top + (-0.18 - top) * (part / 8);
      const swing = (part: number) => x + 0.06 * Math.sin(part * 0.9);
      pen.line([swing(step), at(step)], [swing(step + 1), at(step + 1)], 0.05, middle(palette));
    }
  }
}

const loaf: Motif = (pen, palette) => {
  pen.ellipse(0, 0.62, 1.9, 0.3, flat(palette.ink));
  pen.ellipse(0, 0.25, 1.8, 1.05, dark(palette));
  pen.ellipse(0, 0.18, 1.7, 0.9, palette.accent);
  for (const x of [-0.5, -0.15, 0.2, 0.55]) pen.ellipse(x, 0, 0.5, 0.13, dark(palette), { tilt: -0.12 });
};

const shoe: Motif = (pen, palette) => {
  pen.shape(points('-0.85,0.45 0.9,0.45 0.95,0.65 -0.85,0.65'), flat(palette.paper));
  pen.shape(points('-0.85,0.6 0.95,0.6 0.92,0.7 -0.85,0.7'), flat(palette.ink));
  pen.shape(points('-0.85,0.46 -0.82,-0.4 -0.3,-0.45 -0.12,-0.18 0.35,0.1 0.8,0.2 0.92,0.46'), dark(palette));
  pen.shape(points('-0.82,-0.4 -0.3,-0.45 -0.24,-0.34 -0.81,-0.28'), palette.accent);
  for (const step of [0, 1, 2, 3])
    pen.line(
      [-0.15 + step * 0.14, -0.12 + step * 0.09],
      [0.02 + step * 0.14, -0.22 + step * 0.09],
      0.045,
      flat(palette.paper),
    );
  pen.line([-0.6, 0.32], [0.1, 0.05], 0.08, palette.accent);
};

const book: Motif = (pen, palette) => {
  pen.shape(points('-0.95,-0.4 0,-0.28 0.95,-0.4 0.95,0.6 0,0.72 -0.95,0.6'), dark(palette));
  pen.shape(points('-0.88,-0.46 0,-0.3 0,0.6 -0.88,0.48'), flat(palette.paper));
  pen.shape(points('0.88,-0.46 0,-0.3 0,0.6 0.88,0.48'), palette.sky);
  for (const row of [0, 1, 2, 3]) {
    const y = -0.22 + row * 0.17;
    pen.line([-0.75, y], [-0.14, y + 0.09], 0.035, middle(palette));
    pen.line([0.14, y + 0.09], [0.75 - (row % 2) * 0.2, y], 0.035, middle(palette));
  }
  pen.shape(points('0.3,-0.36 0.44,-0.39 0.44,0.2 0.37,0.12 0.3,0.22'), palette.accent);
};

const plant: Motif = (pen, palette) => {
  pen.line([0, 0.4], [0, -0.7], 0.05, dark(palette));
  for (const [y, side, tilt] of [
    [0.1, 1, -0.09],
    [-0.1, -1, 0.09],
    [-0.35, 1, -0.1],
    [-0.5, -1, 0.1],
  ] as const)
    pen.ellipse(side * 0.27, y - 0.1, 0.62, 0.24, middle(palette), { tilt });
  pen.disc(0, -0.78, 0.2, palette.accent);
  pen.disc(0, -0.78, 0.08, flat(palette.paper));
  pen.shape(points('-0.42,0.35 0.42,0.35 0.3,0.9 -0.3,0.9'), dark(palette));
  pen.shape(points('-0.48,0.28 0.48,0.28 0.48,0.42 -0.48,0.42'), flat(palette.ink));
};

const house: Motif = (pen, palette) => {
  pen.shape(points('0.35,-0.75 0.52,-0.75 0.52,-0.2 0.35,-0.2'), flat(palette.ink));
  pen.shape(points('-0.7,-0.05 0.7,-0.05 0.7,0.75 -0.7,0.75'), middle(palette));
  pen.shape(points('0,-0.85 0.95,0 -0.95,0'), dark(palette));
  pen.shape(points('-0.15,0.25 0.15,0.25 0.15,0.75 -0.15,0.75'), flat(palette.ink));
  for (const x of [-0.55, 0.3])
    pen.shape(
      [
        [x, 0.15],
        [x + 0.25, 0.15],
        [x + 0.25, 0.42],
        [x, 0.42],
      ],
      palette.accent,
    );
  pen.disc(0, -0.33, 0.13, palette.accent);
};

const mountains: Motif = (pen, palette) => {
  pen.disc(0.45, -0.55, 0.22, palette.accent);
  pen.shape(points('-1,0.7 -0.35,-0.35 0.35,0.7'), middle(palette));
  pen.shape(points('-0.3,0.7 0.35,-0.75 1,0.7'), dark(palette));
  pen.shape(points('0.35,-0.75 0.55,-0.3 0.4,-0.4 0.3,-0.28 0.15,-0.3'), flat(palette.paper));
  pen.shape(points('-0.35,-0.35 -0.2,-0.12 -0.34,-0.18 -0.5,-0.1'), flat(palette.paper));
};

/** Reads points as SVG writes them: `0,0 1,0.5`. */
function points(text: string): Point[] {
  return text.split(' ').map((pair): Point => {
    const [x = 0, y = 0] = pair.split(',').map(Number);
    return [x, y];
  });
}

/** How each subject is drawn. */
export const motifs: Readonly<Record<Subject, Motif>> = {
  bicycle,
  bottle,
  teaCup,
  mug,
  loaf,
  shoe,
  book,
  plant,
  house,
  mountains,
};
