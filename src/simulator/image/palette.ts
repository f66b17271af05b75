import type { Voice } from '../copy/bank.ts';
import { chooseVoice } from '../copy/languages.ts';
import { createRandom, hash } from '../random.ts';

/** A run of neighbouring palette entries that fades from one colour to another. */
export type Fade = { readonly first: number; readonly levels: number };

export type Palette = {
  /** 256 colours, three bytes each. */
  readonly colours: Uint8Array;
  readonly sky: Fade;
  /** From far to near: each stands out from the one before. */
  readonly shapes: readonly Fade[];
  readonly accent: Fade;
  readonly paper: number;
  readonly ink: number;
  /** From ink to paper, and from ink to the accent: for the smooth edges of letters on ink. */
  readonly paperLetters: Fade;
  readonly accentLetters: Fade;
};

const SKY_LEVELS = 80;
const SHAPES = 5;
const SHAPE_LEVELS = 24;
const ACCENT_LEVELS = 32;
const LETTER_LEVELS = 8;
/** How far the hue of an image may lie from its brand's, in degrees. */
const DRIFT = 35;

/** Chroma of the colours and how far their hues lie apart, in degrees, by tone. */
const MOODS: Readonly<Record<Voice, { chroma: number; spread: number }>> = {
  friendly: { chroma: 0.11, spread: 45 },
  professional: { chroma: 0.06, spread: 20 },
  playful: { chroma: 0.15, spread: 110 },
  bold: { chroma: 0.17, spread: 60 },
  inspiring: { chroma: 0.12, spread: 75 },
};

/**
 * Colours that belong to a brand: those that it gives, or else its name chooses the hue, and the tone how strong and how varied
 * they are.
 *
 * @param given colours such as `#1a2b3c`, of which those of the shapes are made.
 * @param drift -1 to 1: how far this image turns away from the brand's hue.
 */
export function createPalette(
  brand: string,
  tone: string | undefined,
  given: readonly string[],
  drift: number,
): Palette {
  const { chroma, spread } = MOODS[chooseVoice(tone)];
  const random = createRandom(hash('palette', brand));
  const hue = random() * 360 + drift * DRIFT;
  const turn = random() < 0.5 ? 1 : -1;
  const colours = new Uint8Array(256 * 3);
  let next = 0;
  const addLevels = (levels: number, at: (share: number) => Rgb): Fade => {
    const first = next;
    for (let level = 0; level < levels; level++) colours.set(at(level / Math.max(1, levels - 1)), next++ * 3);
    return { first, levels };
  };
  const add = (levels: number, from: Colour, to: Colour): Fade =>
    addLevels(levels, (share) => toRgb(mix(from, to, share)));
  const own = given.map(readColour);
  const [ground, last] = [own[0], own.at(-1)];

  const sky =
    ground === undefined
      ? add(
          SKY_LEVELS,
          { light: 0.78, chroma: chroma * 0.8, hue },
          { light: 0.95, chroma: chroma * 0.45, hue: hue + turn * spread },
        )
      : addLevels(SKY_LEVELS, (share) => blend(ground, white, 0.65 + 0.25 * share));
  const shapes = Array.from({ length: SHAPES }, (_, index) => {
    const one = own[index % own.length];
    if (one !== undefined) {
      // A colour that comes again is darker, so that it stands out from itself.
      const round = Math.floor(index / own.length);
      return addLevels(SHAPE_LEVELS, (share) => blend(one, black, Math.min(0.8, 0.18 * round + 0.1 * share)));
    }
    const share = index / (SHAPES - 1);
    const shapeHue = hue + turn * spread * (share - 0.25);
    return add(
      SHAPE_LEVELS,
      { light: 0.72 - share * 0.36, chroma, hue: shapeHue },
      { light: 0.64 - share * 0.38, chroma: chroma * 0.9, hue: shapeHue + turn * 18 },
    );
  });
  // The complement of the hue, so that one thing in the image draws the eye.
  const bright = { light: 0.86, chroma: chroma * 1.1, hue: hue + 165 };
  const accent =
    last === undefined
      ? add(ACCENT_LEVELS, bright, { light: 0.7, chroma: chroma * 1.35, hue: hue + 195 })
      : addLevels(ACCENT_LEVELS, (share) => blend(last, white, 0.35 * (1 - share)));
  const light = { light: 0.985, chroma: 0.008, hue };
  const dark = { light: 0.24, chroma: chroma * 0.35, hue };
  const paperLetters = add(LETTER_LEVELS, dark, light);
  const accentLetters = add(LETTER_LEVELS, dark, bright);
  const paper = paperLetters.first + LETTER_LEVELS - 1;
  const ink = paperLetters.first;
  return { colours, sky, shapes, accent, paper, ink, paperLetters, accentLetters };
}

/** Lightness 0 to 1, chroma 0 to about 0.3, hue in degrees: equal steps look equal, which HSL does not give. */
type Colour = { readonly light: number; readonly chroma: number; readonly hue: number };

function mix(from: Colour, to: Colour, share: number): Colour {
  return {
    light: from.light + (to.light - from.light) * share,
    chroma: from.chroma + (to.chroma - from.chroma) * share,
    hue: from.hue + (to.hue - from.hue) * share,
  };
}

/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number];
const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];

function readColour(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function blend(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * share);
  return [at(0), at(1), at(2)];
}

/** OKLCH to sRGB bytes, by the matrices of https://bottosson.github.io/posts/oklab/; what sRGB lacks is clipped. */
function toRgb({ light, chroma, hue }: Colour): [number, number, number] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    toByte(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    toByte(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ];
}

function toByte(linear: number): number {
  const clipped = Math.min(1, Math.max(0, linear));
  const encoded = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}
