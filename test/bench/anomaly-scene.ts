import type { Random } from '../../src-main/base/random.js';
import { bodyOf } from '../../src-main/trust/unlike.js';

/** What lesions can be: brighter, darker, of another texture, missing tissue, tissue pushed apart. */
export const LESION_KINDS = ['bright', 'dark', 'texture', 'missing', 'pushed'] as const;
type LesionKind = (typeof LESION_KINDS)[number];

/** One drawn lesion, a disc with a soft edge in one plane. */
interface DrawnLesion {
  readonly kind: LesionKind;
  /** Pixels. */
  readonly diameter: number;
  readonly plane: number;
  /** Pixels of its plane that lie in it. */
  readonly pixels: readonly number[];
}

/** What fluid and a push look like: white matter is 0.75. */
const FLUID = 0.12;
const TEXTURE = 0.15;
/** By how much faint and strong lesions are brighter or darker. */
const CONTRASTS = [0.12, 0.25];
const EDGE = 0.6;
const ATTEMPTS = 400;
const LEAST_TISSUE = 0.35;
/** Pixels. */
export const DIAMETERS = [5, 9, 15] as const;

export interface Lesions {
  readonly lesions: readonly DrawnLesion[];
  /** For every pixel 0 elsewhere, 1 in a lesion, 2 not judged (rims, air). */
  readonly marks: Uint8Array;
}

interface Wanted {
  readonly kind: LesionKind;
  readonly diameter: number;
  readonly strong: boolean;
}

/**
 * Draws lesions into the planes of a head without noise, up to `each` a plane, apart from one another.
 *
 * @param next tells what the next lesion is
 */
export function drawLesions(
  values: Float32Array,
  side: number,
  each: number,
  next: () => Wanted,
  random: Random,
): Lesions {
  const area = side * side;
  const marks = new Uint8Array(values.length);
  const lesions: DrawnLesion[] = [];
  for (let plane = 0; plane * area < values.length; plane++) {
    const range = [plane * area, (plane + 1) * area] as const;
    const slice = values.subarray(...range);
    const canvas: Canvas = {
      slice,
      healthy: slice.slice(),
      body: bodyOf({ values: slice, rows: side, columns: side }),
      marks: marks.subarray(...range),
      side,
    };
    canvas.body.forEach((inside, i) => {
      if (inside === 0) canvas.marks[i] = UNJUDGED;
    });
    const taken: Disc[] = [];
    for (let n = 0; n < each; n++) {
      const wanted = next();
      const disc = freeDisc(canvas, wanted, taken, random);
      if (disc === null) continue;
      taken.push(disc);
      const { kind, diameter } = wanted;
      lesions.push({ kind, diameter, plane, pixels: painted(canvas, wanted, disc, random) });
    }
  }
  return { lesions, marks };
}

const LESION = 1;
const UNJUDGED = 2;

interface Canvas {
  readonly slice: Float32Array;
  /** Before there was any lesion. */
  readonly healthy: Float32Array;
  readonly body: Uint8Array;
  readonly marks: Uint8Array;
  readonly side: number;
}

interface Disc {
  readonly x: number;
  readonly y: number;
  /** Pixels around its centre that change. */
  readonly reach: number;
}

/** A seeded place in the body for a lesion; null where none was found. */
function freeDisc(
  { body, healthy, side }: Canvas,
  { kind, diameter }: Wanted,
  taken: readonly Disc[],
  random: Random,
): Disc | null {
  const reach = kind === 'pushed' ? diameter : diameter / 2 + 2;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [x, y] = [random.integer(side), random.integer(side)];
    if (!fits(body, side, x, y, reach + 2)) continue;
    if (taken.some((one) => Math.hypot(one.x - x, one.y - y) < one.reach + reach + 4)) continue;
    // What is fluid already can neither be dark nor missing.
    if (kind !== 'pushed' && meanIn(healthy, side, x, y, diameter / 2) < LEAST_TISSUE) continue;
    return { x, y, reach };
  }
  return null;
}

/** Paints one lesion, and tells the pixels that lie in it. */
function painted(
  { slice, healthy, marks, side }: Canvas,
  { kind, diameter, strong }: Wanted,
  { x, y, reach }: Disc,
  random: Random,
): number[] {
  const radius = diameter / 2;
  const contrast = CONTRASTS[strong ? 1 : 0];
  const phase = [random.uniform(), random.uniform()];
  const pixels: number[] = [];
  const from = (at: number): number => Math.max(0, Math.floor(at - reach - 2));
  const to = (at: number): number => Math.min(side, at + reach + 2);
  for (let v = from(y); v < to(y); v++)
    for (let u = from(x); u < to(x); u++) {
      const far = Math.hypot(u - x, v - y);
      const i = v * side + u;
      const share = 1 / (1 + Math.exp((1.702 * (far - radius)) / EDGE));
      if (kind === 'pushed') {
        if (far >= reach || far === 0) continue;
        const source = pushedFrom(far, radius, reach) / far;
        slice[i] = bilinear(healthy, side, x + (u - x) * source, y + (v - y) * source);
      } else slice[i] += share * change(kind, healthy[i], contrast, u, v, phase);
      if (share >= 0.5) {
        marks[i] = LESION;
        pixels.push(i);
      } else if (share >= 0.05 || kind === 'pushed') marks[i] = UNJUDGED;
    }
  return pixels;
}

/** What was in the inner third fills the disc, and what was around it is pressed together. */
function pushedFrom(far: number, radius: number, reach: number): number {
  if (far < radius) return far / 3;
  return radius / 3 + ((far - radius) * (reach - radius / 3)) / (reach - radius);
}

function change(
  kind: LesionKind,
  value: number,
  contrast: number,
  u: number,
  v: number,
  phase: readonly number[],
): number {
  switch (kind) {
    case 'bright':
      return contrast;
    case 'dark':
      return -contrast;
    case 'missing':
      return FLUID - value;
    default:
      return (
        TEXTURE * Math.sin(2 * Math.PI * (u / 4 + phase[0])) * Math.sin(2 * Math.PI * (v / 4 + phase[1])) * 2
      );
  }
}

function fits(body: Uint8Array, side: number, x: number, y: number, reach: number): boolean {
  for (let k = 0; k < 24; k++)
    for (const part of [0.5, 1]) {
      const [u, v] = [x + part * reach * Math.cos(k), y + part * reach * Math.sin(k)].map(Math.round);
      if (u < 0 || v < 0 || u >= side || v >= side || body[v * side + u] === 0) return false;
    }
  return true;
}

function meanIn(values: Float32Array, side: number, x: number, y: number, radius: number): number {
  let [sum, count] = [0, 0];
  for (let v = Math.ceil(y - radius); v <= y + radius; v++)
    for (let u = Math.ceil(x - radius); u <= x + radius; u++) {
      if (Math.hypot(u - x, v - y) > radius) continue;
      sum += values[v * side + u];
      count++;
    }
  return sum / count;
}

function bilinear(values: Float32Array, side: number, x: number, y: number): number {
  const [u, v] = [x, y].map((one) => Math.min(side - 1.001, Math.max(0, one)));
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [a, b] = [u - left, v - top];
  const at = (row: number, column: number): number => values[row * side + column];
  return (
    (1 - b) * ((1 - a) * at(top, left) + a * at(top, left + 1)) +
    b * ((1 - a) * at(top + 1, left) + a * at(top + 1, left + 1))
  );
}
