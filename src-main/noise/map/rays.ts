import type { Volume } from '../../imaging/volume.js';
import type { Plane } from '../planes.js';
import { median, quantile } from '../robust.js';
import { type Block, SIDE, type TissueSpectrum } from '../spectrum.js';
import { attenuationLevels } from './attenuation.js';
import { FLAT, fieldBlocks, halvesOf } from './blocks.js';

/** Groups of blocks by what attenuates their rays, and blocks without structure that are asked for. */
const GROUPS = 12;
const LEAST_FLAT = 100;
/** Share of the blocks of a group that have less energy than what counts: structure only ever adds to it. */
const LEAST_ENERGY = 0.15;

/**
 * How the noise of CT varies with what attenuates the rays: the level that attenuation tells, to a power between 0, where
 * the flattest blocks of tissue do not follow it (tube and reconstruction have made the noise even), and 1, where they
 * do. Of images and of differences of slices or frames the one that follows more counts, since structure hides it.
 *
 * @param spectrum of the noise, whatever its level
 * @returns for each voxel of a frame a factor with the median 1 in tissue; null where nothing follows
 */
export function raysMap(
  volume: Volume,
  planes: readonly Plane[],
  level: number,
  { variance }: TissueSpectrum,
): Float32Array | null {
  const sets = fieldBlocks(planes, level, null);
  if (sets.length === 0) return null;
  const logs = attenuationLevels(volume);
  const power = Math.min(1, Math.max(...sets.map((blocks) => slopeOver(blocks, logs, variance))));
  if (!(power > 0)) return null;
  const centre = median(sets[0].map((block) => logAt(block, logs)));
  return logs.map((log) => Math.exp(power * (log - centre)));
}

function logAt({ plane, at }: Block, logs: Float32Array): number {
  return logs[plane.slice * plane.values.length + at + (SIDE / 2) * (plane.columns + 1)];
}

interface Point {
  readonly log: number;
  readonly level: number;
}

/** By how much the logarithm of the level in flat blocks rises with that of attenuation; 0 with too few of them. */
function slopeOver(blocks: readonly Block[], logs: Float32Array, variance: Float64Array): number {
  const halves = halvesOf(blocks, variance);
  const points = [0, 1].flatMap((parity) => {
    const { structure } = halves[1 - parity];
    const { total } = halves[parity];
    return blocks.flatMap((block, k): Point[] =>
      structure[k] <= FLAT ? [{ log: logAt(block, logs), level: total[k] }] : [],
    );
  });
  if (points.length < LEAST_FLAT) return 0;
  points.sort((a, b) => a.log - b.log);
  return slopeOf(Array.from({ length: GROUPS }, (_, g) => groupOf(points, g)));
}

function groupOf(points: readonly Point[], group: number): Point {
  const bound = (g: number): number => Math.floor((g * points.length) / GROUPS);
  const some = points.slice(bound(group), bound(group + 1));
  const log = some.reduce((sum, point) => sum + point.log, 0) / some.length;
  return {
    log,
    level: quantile(
      some.map((point) => point.level),
      LEAST_ENERGY,
    ),
  };
}

function slopeOf(points: readonly Point[]): number {
  const [x, y] = [(p: Point) => p.log, (p: Point) => p.level].map(
    (of) => points.reduce((sum, p) => sum + of(p), 0) / points.length,
  );
  let [product, square] = [0, 0];
  for (const { log, level } of points) {
    product += (log - x) * (level - y);
    square += (log - x) ** 2;
  }
  return square > 0 ? product / square : 0;
}
