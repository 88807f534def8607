import { starvation } from '../../src-main/artifacts/starvation.js';
import { Random } from '../../src-main/base/random.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { volumeOf } from '../imaging/support.js';
import { blur } from '../trust/volumes.js';

/** Bodies of CT that are drawn, and the noise that counting photons and filtered back projection leave in them. */
export type Body = 'abdomen' | 'chest' | 'hips';

const [COLUMNS, ROWS, SLICES] = [144, 112, 8];
const PIXEL = 2.8;
const [AIR, FAT, MUSCLE, SPINE, LUNG, GAS] = [-1000, -100, 50, 500, -850, -950];

interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly value: number;
}

/** An oval of 40 by 26 cm, fat outside, with organs that differ by some tens of HU. */
export function drawnBody(kind: Body, seed: number): Volume {
  const random = new Random(seed);
  const between = (least: number, most: number): number => least + (most - least) * random.uniform();
  const organ = (): Ellipse => ({
    x: between(-0.7, 0.7),
    y: between(-0.6, 0.6),
    a: between(0.05, 0.25),
    b: between(0.05, 0.25),
    value: MUSCLE + between(-50, 60),
  });
  const lungs = [-1, 1].map((side) => ({ x: 0.42 * side, y: -0.05, a: 0.3, b: 0.62, value: LUNG }));
  const hips = [-1, 1].map((side) => ({ x: 0.6 * side, y: 0.05, a: 0.14, b: 0.22, value: 900 }));
  const inside: readonly Ellipse[] = {
    abdomen: [...Array.from({ length: 14 }, organ), { ...organ(), a: 0.08, b: 0.06, value: GAS }],
    chest: [...lungs, { x: 0.08, y: -0.1, a: 0.24, b: 0.3, value: 45 }],
    hips: [...Array.from({ length: 8 }, organ), ...hips],
  }[kind];
  const shapes = [
    { x: 0, y: 0, a: 1, b: 1, value: FAT },
    { x: 0, y: 0, a: 0.9, b: 0.86, value: MUSCLE },
    ...inside,
    { x: 0, y: 0.6, a: 0.1, b: 0.14, value: SPINE },
  ];
  const data = Float32Array.from({ length: COLUMNS * ROWS * SLICES }, (_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS) % ROWS];
    const slice = Math.floor(i / (COLUMNS * ROWS));
    const shift = 0.01 * (slice - SLICES / 2);
    const x = ((2 * column) / (COLUMNS - 1) - 1) / 0.94 + shift;
    const y = ((2 * row) / (ROWS - 1) - 1) / 0.84;
    return shapes.reduce((value, shape) => {
      const far =
        (1 - Math.hypot((x - shape.x) / shape.a, (y - shape.y) / shape.b)) * Math.min(shape.a, shape.b);
      const part = 1 / (1 + Math.exp(-far * COLUMNS));
      return value + part * (shape.value - value);
    }, AIR);
  });
  return {
    ...volumeOf(blur(volumeOf(data, [COLUMNS, ROWS, SLICES]), 0.5).data, [COLUMNS, ROWS, SLICES]),
    spacing: [PIXEL, PIXEL, 3],
    units: 'HU',
  };
}

const DRAWS = 5;

/**
 * The body with noise of its rays, and the level of that at each voxel: the mean of five draws, smoothed.
 *
 * @param photons that the densest ray leaves
 * @param kernel deviation of the Gaussian of the reconstruction, in pixels; 0 for none
 */
export function ofRays(
  body: Volume,
  { photons, kernel, seed }: { readonly photons: number; readonly kernel: number; readonly seed: number },
): { readonly noisy: Volume; readonly level: Float32Array } {
  const random = new Random(seed);
  const draws = Array.from({ length: DRAWS }, () => {
    const sharp = withData(body, raysNoise(body, photons, random));
    return kernel > 0 ? blur(sharp, kernel) : sharp;
  });
  const power = body.data.map((_, i) => draws.reduce((sum, { data }) => sum + data[i] ** 2, 0) / DRAWS);
  const level = blur(withData(body, power), 4).data.map(Math.sqrt);
  return {
    noisy: withData(
      body,
      body.data.map((value, i) => Math.round(value + draws[0].data[i])),
    ),
    level,
  };
}

function raysNoise(body: Volume, photons: number, random: Random): Float32Array {
  const out = new Float32Array(body.data.length);
  const { rows, columns, slices, spacing } = body;
  for (let slice = 0; slice < slices; slice++) {
    const values = sliceView(body, slice);
    const plane = { values, rows, columns, height: 0, pixel: spacing[0], air: AIR, water: 0 };
    const noisy = starvation(plane, photons, random);
    out.set(
      noisy.map((value, i) => value - values[i]),
      slice * rows * columns,
    );
  }
  return out;
}
