import { disc, type Canvas } from './canvas.ts';
import { fill, type Point } from './outline.ts';
import type { Fade } from './palette.ts';

/** Draws in units around a middle: 1 is half of the motif's height, y grows downwards. */
export type Pen = {
  disc(x: number, y: number, radius: number, fade: Fade, inner?: number): void;
  /** A straight stroke of this thickness. */
  line(from: Point, to: Point, thickness: number, fade: Fade): void;
  shape(points: readonly Point[], fade: Fade): void;
  /** An ellipse, or the part of it between two angles (turns, clockwise from the right). */
  ellipse(x: number, y: number, width: number, height: number, fade: Fade, part?: EllipsePart): void;
};

type EllipsePart = { from?: number; to?: number; tilt?: number };

const ellipseSteps = 40;

/** @param facing -1 mirrors everything. */
export function createPen(canvas: Canvas, x: number, y: number, unit: number, facing: 1 | -1): Pen {
  const at = ([pointX, pointY]: Point): Point => [x + facing * pointX * unit, y + pointY * unit];
  const shape = (points: readonly Point[], fade: Fade) => fill(canvas, [points.map(at)], fade);
  return {
    shape,
    disc(discX, discY, radius, fade, inner = 0) {
      disc(canvas, ...at([discX, discY]), radius * unit, fade, inner * unit);
    },
    line([x1, y1], [x2, y2], thickness, fade) {
      const length = Math.hypot(x2 - x1, y2 - y1);
      const [asideX, asideY] = [
        ((y1 - y2) / length) * (thickness / 2),
        ((x2 - x1) / length) * (thickness / 2),
      ];
      shape(
        [
          [x1 + asideX, y1 + asideY],
          [x2 + asideX, y2 + asideY],
          [x2 - asideX, y2 - asideY],
          [x1 - asideX, y1 - asideY],
        ],
        fade,
      );
    },
    ellipse(middleX, middleY, width, height, fade, { from = 0, to = 1, tilt = 0 } = {}) {
      const turn = tilt * 2 * Math.PI;
      shape(
        Array.from({ length: ellipseSteps + 1 }, (_, step): Point => {
          const angle = (from + ((to - from) * step) / ellipseSteps) * 2 * Math.PI;
          const [away, down] = [(width / 2) * Math.cos(angle), (height / 2) * Math.sin(angle)];
          return [
            middleX + away * Math.cos(turn) - down * Math.sin(turn),
            middleY + away * Math.sin(turn) + down * Math.cos(turn),
          ];
        }),
        fade,
      );
    },
  };
}
