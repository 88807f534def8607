import type { LevelReport } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import { beyondDoubt, detailVariance, separable } from '../../noise/autocorrelation.js';
import { type Plane, planeOf } from '../../noise/planes.js';
import { clippedSd, quantile } from '../../noise/robust.js';
import { type FlatBlocks, planeCorrelation, waveletNoise } from '../../noise/wavelet.js';
import { foregroundThreshold } from './foreground.js';
import { type NoiseModel, noiseModel } from './noise-model.js';
import type { ResidualOptions } from './residual.js';

const PLANES = 8;
/** Share of the tissue, that where the output is flattest, on which the level is measured. */
const FLAT = 0.25;
const ENOUGH = 200;

const NOTHING: LevelReport = {
  measuredOverSigma: null,
  remainingOverSigma: null,
  correlation: { x: null, y: null },
};

/**
 * A second opinion on the noise that the denoiser was told of. The output shows where tissue is flat far better than
 * the noisy input does, so there the diagonal details of the input (Donoho and Johnstone 1994) are noise alone:
 * their deviation against the level, their correlation, and how much noise the output still has.
 *
 * @param before, after volumes of the same size and units
 */
export function checkLevel(before: Volume, after: Volume, options: ResidualOptions): LevelReport {
  const rician = options.distribution === 'rician';
  const model = noiseModel(options.sigma, options.distribution);
  if (!(model.typical > 0)) return NOTHING;
  const threshold = foregroundThreshold(after, model.typical, rician);
  const planes = middlePlanes(before);
  const found = flatBlocks(before, after, planes, model, threshold);
  if (found.blocks.detail.length < ENOUGH) return NOTHING;
  const correlation = planeCorrelation(planes, found.blocks);
  const told = options.noiseCorrelation ?? { x: 0, y: 0, z: 0 };
  const largest = Math.max(correlation.x, correlation.y, told.x, told.y);
  const share = largest > 0 ? beyondDoubt(largest) / largest : 0;
  const taken = { x: share * correlation.x, y: share * correlation.y };
  const level = waveletNoise(found.blocks, rician, detailVariance(separable(taken)));
  return {
    measuredOverSigma: level === null ? null : level / model.typical,
    remainingOverSigma: clippedSd(found.remaining) / model.typical,
    correlation,
  };
}

function middlePlanes(volume: Volume): Plane[] {
  const count = Math.min(PLANES, volume.slices);
  const frame = Math.floor(volume.frames / 2);
  return Array.from({ length: count }, (_, i) =>
    planeOf(volume, Math.floor(((i + 0.5) * volume.slices) / count), frame),
  );
}

interface Found {
  readonly blocks: FlatBlocks;
  /** Diagonal details of the output in the same blocks. */
  readonly remaining: Float32Array;
}

interface Block {
  readonly detail: number;
  readonly mean: number;
  readonly remaining: number;
  readonly plane: number;
  readonly pixel: number;
  readonly gradient: number;
}

function flatBlocks(
  before: Volume,
  after: Volume,
  planes: readonly Plane[],
  model: NoiseModel,
  threshold: number,
): Found {
  const all = planes.flatMap((plane, index) => blocksOf(before, after, plane, index, model, threshold));
  const limit = quantile(
    all.map((block) => block.gradient),
    FLAT,
  );
  const flat = all.filter((block) => block.gradient <= limit);
  const floats = (of: (block: Block) => number) => Float32Array.from(flat, of);
  return {
    blocks: {
      detail: floats((block) => block.detail),
      mean: floats((block) => block.mean),
      plane: Int32Array.from(flat, (block) => block.plane),
      pixel: Int32Array.from(flat, (block) => block.pixel),
    },
    remaining: floats((block) => block.remaining),
  };
}

/** 2 x 2 blocks of usable tissue; details scaled to the typical level where the level varies. */
function blocksOf(
  before: Volume,
  after: Volume,
  plane: Plane,
  index: number,
  model: NoiseModel,
  threshold: number,
): Block[] {
  const { columns, rows, usable } = plane;
  const start = (plane.frame * before.slices + plane.slice) * columns * rows;
  const found: Block[] = [];
  const sum = (data: Float32Array, i: number) =>
    data[i] + data[i + 1] + data[i + columns] + data[i + columns + 1];
  const detail = (data: Float32Array, i: number) =>
    (data[i] - data[i + 1] - data[i + columns] + data[i + columns + 1]) / 2;
  for (let y = 2; y + 4 <= rows; y += 2)
    for (let x = 2; x + 4 <= columns; x += 2) {
      const pixel = y * columns + x;
      const at = start + pixel;
      if (sum(after.data, at) <= 4 * threshold) continue;
      if (!(usable[pixel] && usable[pixel + 1] && usable[pixel + columns] && usable[pixel + columns + 1]))
        continue;
      const across = sum(after.data, at + 2) - sum(after.data, at - 2);
      const down = sum(after.data, at + 2 * columns) - sum(after.data, at - 2 * columns);
      const scale = model.typical / model.sigmaAt(at);
      found.push({
        detail: scale * detail(before.data, at),
        mean: sum(before.data, at) / 4,
        remaining: scale * detail(after.data, at),
        plane: index,
        pixel,
        gradient: scale * Math.hypot(across, down),
      });
    }
  return found;
}
