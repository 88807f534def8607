import type { Random } from '../base/random.js';
import { type Volume, withData } from '../imaging/volume.js';
import type { NoiseModel } from './tests/noise-model.js';

/** mm. */
export const DIAMETERS = [2, 3, 5, 8] as const;
/** Amplitude over sigma. */
export const CONTRASTS = [1, 2, 3] as const;

/** Thin lines, as a space around a vessel is seen: length and least full width at half maximum across, mm. */
const LINE = { length: 8, width: 1 } as const;
/** Full width in pixels below which an image holds no line. */
const LINE_PIXELS = 1.5;
const LINE_CONTRASTS = [2, 3] as const;
/** More would take the room of the balls. */
const LINE_COPIES = 2;
/** Standard deviations of a Gaussian in its full width at half maximum. */
const FULL_WIDTH = 2.3548;

/** A faint ball with a soft edge, or a line, in one volume. */
export interface Lesion {
  /** Full width at half maximum; mm. */
  readonly diameter: number;
  /** Amplitude over sigma. */
  readonly contrast: number;
  readonly sign: 1 | -1;
  readonly column: number;
  readonly row: number;
  readonly slice: number;
  /** Signed amplitude in units of the volume. */
  readonly amplitude: number;
  readonly template: Template;
}

/** Where the ball is, of height 1: voxel indices in one frame and weights. */
interface Template {
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

/** Standard deviation of the Gaussian that softens the edge: in mm, but at least this part of a voxel. */
const EDGE = 0.4;
const EDGE_VOXEL = 0.35;
/** Voxels between the rims of two lesions: so far apart that a denoiser handles each on its own. */
const GAP = 6;
/** A dark lesion must not reach the noise floor of a magnitude image. */
const FLOOR = 2;
const COPIES = 8;
/** Random places tried for a lesion before it is given up. */
const ATTEMPTS = 300;

export interface LesionPlaces {
  /** 1 where a voxel is tissue: lesions lie wholly in it. */
  readonly tissue: Uint8Array;
  /** 1 where a lesion may have its centre. */
  readonly centres: Uint8Array;
}

interface Placing {
  /** mm */
  readonly diameters?: readonly number[];
  /** Every size, contrast and sign is placed once a round. */
  readonly rounds?: number;
  /** What is there already. */
  readonly others?: readonly Lesion[];
}

/**
 * Balls and thin lines. Balls of every kind come first, then the lines, and then more balls in what room is left: lines
 * before all would leave few balls, whose verdict would be one of chance, and after all they would find no room.
 *
 * @param context slices on each side that a slice is restored from
 */
export function placeProbes(
  clean: Volume,
  where: LesionPlaces,
  noise: NoiseModel,
  context: number,
  random: Random,
): { readonly lesions: readonly Lesion[]; readonly lines: readonly Lesion[] } {
  const balls = random.fork('lesions');
  const first = placeLesions(clean, where, noise, context, balls, { rounds: 1 });
  const lines = placeLines(clean, where, noise, context, random.fork('lines'), first);
  const rest = placeLesions(clean, where, noise, context, balls, {
    rounds: COPIES - 1,
    others: [...first, ...lines],
  });
  return { lesions: [...first, ...rest], lines };
}

/**
 * Faint lesions at seeded places of tissue, apart from one another: every size, contrast and sign in turn, as many
 * rounds as fit, at most eight. Sizes under a voxel are left out, because no image can hold them.
 *
 * @param clean the best guess of the image without noise
 * @param context slices on each side that a slice is restored from
 */
export function placeLesions(
  clean: Volume,
  where: LesionPlaces,
  noise: NoiseModel,
  context: number,
  random: Random,
  { diameters = DIAMETERS, rounds = COPIES, others = [] }: Placing = {},
): Lesion[] {
  const kinds = kindsOf(clean, diameters);
  const found: Lesion[] = [];
  const taken = [...others];
  const grid: Grid = { volume: clean, context, tissue: tissueOf(clean, where.centres), taken };
  for (let round = 0; round < rounds; round++) {
    const before = found.length;
    // large ones first: small ones find room between them
    for (const kind of kinds) {
      const lesion = nextLesion(clean, where.tissue, noise, grid, kind, random);
      if (lesion === null) continue;
      found.push(lesion);
      taken.push(lesion);
    }
    if (found.length === before) break;
  }
  return found;
}

/**
 * A few faint thin lines in a plane, at seeded places and angles, apart from one another and from lesions that are
 * there. Their diameter is their length.
 */
function placeLines(
  clean: Volume,
  where: LesionPlaces,
  noise: NoiseModel,
  context: number,
  random: Random,
  lesions: readonly Lesion[] = [],
): Lesion[] {
  const found: Lesion[] = [];
  const taken = [...lesions];
  const grid: Grid = { volume: clean, context, tissue: tissueOf(clean, where.centres), taken };
  for (let copy = 0; copy < LINE_COPIES; copy++)
    for (const contrast of LINE_CONTRASTS)
      for (const sign of [1, -1] as const) {
        const angle = Math.PI * random.uniform();
        const line = nextLesion(
          clean,
          where.tissue,
          noise,
          grid,
          { diameter: LINE.length, contrast, sign },
          random,
          angle,
        );
        if (line === null) continue;
        found.push(line);
        taken.push(line);
      }
  return found;
}

type Kind = Pick<Lesion, 'diameter' | 'contrast' | 'sign'>;

function kindsOf(volume: Volume, diameters: readonly number[]): Kind[] {
  const voxel = Math.max(volume.spacing[0], volume.spacing[1]);
  return [...diameters]
    .filter((diameter) => diameter >= voxel)
    .sort((a, b) => b - a)
    .flatMap((diameter) =>
      CONTRASTS.flatMap((contrast) => [
        { diameter, contrast, sign: 1 as const },
        { diameter, contrast, sign: -1 as const },
      ]),
    );
}

/** Voxels of one frame that are tissue: any of them may be a centre. */
function tissueOf(volume: Volume, foreground: Uint8Array): Int32Array {
  const length = volume.columns * volume.rows * volume.slices;
  const tissue = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (foreground[i] !== 0) tissue[count++] = i;
  return tissue.subarray(0, count);
}

interface Grid {
  readonly volume: Volume;
  readonly context: number;
  /** Voxels that may be centres. */
  readonly tissue: Int32Array;
  readonly taken: readonly Lesion[];
}

/** The first of some random places that suits; null where none does. */
function nextLesion(
  clean: Volume,
  foreground: Uint8Array,
  noise: NoiseModel,
  grid: Grid,
  kind: Kind,
  random: Random,
  angle: number | null = null,
): Lesion | null {
  const { tissue } = grid;
  for (let attempt = 0; attempt < ATTEMPTS && tissue.length > 0; attempt++) {
    const at = tissue[random.integer(tissue.length)];
    const level = noise.sigmaAt(at);
    if (kind.sign < 0 && clean.data[at] < (kind.contrast + FLOOR) * level && noise.floor) continue;
    const centre = centreOf(clean, at);
    if (!isApart(grid, centre, kind.diameter)) continue;
    const template =
      angle === null ? templateOf(clean, centre, kind.diameter) : lineTemplate(clean, centre, angle);
    if (template === null || !template.index.every((index) => foreground[index] !== 0)) continue;
    return { ...kind, ...centre, template, amplitude: kind.sign * kind.contrast * level };
  }
  return null;
}

interface Centre {
  readonly column: number;
  readonly row: number;
  readonly slice: number;
}

function centreOf({ columns, rows }: Volume, index: number): Centre {
  return {
    column: index % columns,
    row: Math.floor(index / columns) % rows,
    slice: Math.floor(index / (columns * rows)),
  };
}

function isApart({ volume, context, taken }: Grid, centre: Centre, diameter: number): boolean {
  const [dx, dy, dz] = volume.spacing;
  const voxel = Math.min(dx, dy);
  return taken.every((other) => {
    const room = (diameter + other.diameter) / 2 + GAP * voxel;
    const across = Math.hypot((centre.column - other.column) * dx, (centre.row - other.row) * dy);
    if (across >= room) return true;
    const slices = Math.abs(centre.slice - other.slice);
    return slices > 2 * context + 1 && slices * dz >= room;
  });
}

/** Null where the ball would leave the image in the plane. Slices that it crosses beyond the volume are cut off. */
function templateOf(volume: Volume, centre: Centre, diameter: number): Template | null {
  const { columns, rows, slices, spacing } = volume;
  const [dx, dy, dz] = spacing;
  const edge = Math.max(EDGE, EDGE_VOXEL * Math.min(dx, dy));
  const reach = diameter / 2 + 2 * edge;
  const [rx, ry, rz] = [Math.ceil(reach / dx), Math.ceil(reach / dy), Math.floor(reach / dz)];
  if (centre.column < rx || centre.column + rx >= columns || centre.row < ry || centre.row + ry >= rows)
    return null;
  const index: number[] = [];
  const weight: number[] = [];
  for (let z = -rz; z <= rz; z++) {
    const slice = centre.slice + z;
    if (slice < 0 || slice >= slices) continue;
    for (let y = -ry; y <= ry; y++)
      for (let x = -rx; x <= rx; x++) {
        const height = ball(Math.hypot(x * dx, y * dy, z * dz), diameter / 2, edge);
        if (height < 0.01) continue;
        index.push((slice * rows + centre.row + y) * columns + centre.column + x);
        weight.push(height);
      }
  }
  return { index: Int32Array.from(index), weight: Float32Array.from(weight) };
}

/** Null where the line would leave the image. It is as wide through the planes as in them. */
function lineTemplate(volume: Volume, centre: Centre, angle: number): Template | null {
  const { columns, rows, slices, spacing } = volume;
  const [dx, dy, dz] = spacing;
  const deviation = Math.max(LINE.width, LINE_PIXELS * Math.max(dx, dy)) / FULL_WIDTH;
  const reach = LINE.length / 2 + 3 * deviation;
  const [rx, ry, rz] = [Math.ceil(reach / dx), Math.ceil(reach / dy), Math.floor((2 * deviation) / dz)];
  if (centre.column < rx || centre.column + rx >= columns || centre.row < ry || centre.row + ry >= rows)
    return null;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const index: number[] = [];
  const weight: number[] = [];
  for (let z = -rz; z <= rz; z++) {
    const slice = centre.slice + z;
    if (slice < 0 || slice >= slices) continue;
    for (let y = -ry; y <= ry; y++)
      for (let x = -rx; x <= rx; x++) {
        const beyond = Math.max(0, Math.abs(x * dx * cos + y * dy * sin) - LINE.length / 2);
        const far = Math.hypot(y * dy * cos - x * dx * sin, beyond, z * dz);
        const height = Math.exp(-((far / deviation) ** 2) / 2);
        if (height < 0.01) continue;
        index.push((slice * rows + centre.row + y) * columns + centre.column + x);
        weight.push(height);
      }
  }
  return { index: Int32Array.from(index), weight: Float32Array.from(weight) };
}

/** A step of height 1 at `radius`, smoothed by a Gaussian; 1 at the centre. */
function ball(distance: number, radius: number, edge: number): number {
  const at = (r: number) => 1 / (1 + Math.exp((1.702 * (r - radius)) / edge));
  return at(distance) / at(0);
}

/** A copy of the volume with the lesions in every frame. */
export function withLesions(volume: Volume, lesions: readonly Lesion[]): Volume {
  const data = volume.data.slice();
  const frame = volume.columns * volume.rows * volume.slices;
  for (const { template, amplitude } of lesions)
    for (let start = 0; start < data.length; start += frame)
      for (let k = 0; k < template.index.length; k++)
        data[start + template.index[k]] += amplitude * template.weight[k];
  return withData(volume, data);
}
