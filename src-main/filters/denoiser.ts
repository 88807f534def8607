import { onShared, sharedFloats } from '../base/shared.js';
import { fault, type LimpidError } from '../contract/errors.js';
import { type ClassicalName, MPPCA_LEAST_FRAMES } from '../contract/requests/choices.js';
import { originalFrames, type Volume, withData } from '../imaging/volume.js';
import { TELLING_FRAMES, WINDOW } from '../noise/components.js';
import { certaintyOf, fromUnitNoise, type NoiseModel, toUnitNoise } from '../noise/domain.js';
import type { FrameOutliers } from '../noise/noise-estimate.js';
import { addChange, type PartMotion } from './change.js';
import { blockSize, type DctSettings } from './dct.js';
import type { PcaSettings } from './mppca.js';
import { partsOf, SlicePool, type SlicePoolOptions } from './pool.js';
import type { Grid } from './slab.js';
import type { Step } from './tasks.js';

export interface ClassicalOptions extends SlicePoolOptions {
  /** nlm in 3D: half width of the block in which patches lie, in voxels, as in DIPY; 3 unless given. */
  readonly blockRadius?: 3 | 5;
  /** mppca: what motion changes is taken off before and given back after; absent: frames are taken as they are. */
  readonly motion?: PartMotion;
}

/**
 * Denoises a volume. Deterministic: neither the number of threads nor the order of their work changes a bit.
 * `onProgress` gets slices done and in all. Besides the result it takes the memory of 2 frames (mppca: one volume)
 * and in each thread some 5 copies of the few slices it works on.
 *
 * @param only2d neighbouring slices are no neighbours in space
 * @throws LimpidError E_VALUES without a noise level; E_TOO_SMALL where no block fits; E_NOT_ELIGIBLE (mppca) with
 * a single frame
 */
export type ClassicalDenoiser = (
  volume: Volume,
  noise: NoiseModel,
  only2d: boolean,
  onProgress?: (done: number, total: number) => void,
) => Promise<Volume>;

/**
 * Fewer slices than this are taken one by one. Of MP-PCA two are enough: slices that lie beside each other share what
 * happens over the frames, and near voxels of both tell it better than farther ones of one slice (docs/dicom.md).
 */
const LEAST_SLICES: Readonly<Record<ClassicalName, number>> = { nlm: 4, dct: 4, mppca: 2 };
/** Reach of the search plane by plane, where it has as many voxels as that in 3D. */
const PLANAR_REACH = 5;
const GUIDED_REACH = 3;
const PART = 8;

export function classicalDenoiser(kind: ClassicalName, options: ClassicalOptions = {}): ClassicalDenoiser {
  return async (volume, noise, only2d, onProgress = () => {}) => {
    const planar = isPlanar(kind, volume, only2d);
    const pool = new SlicePool(options);
    try {
      switch (kind) {
        case 'nlm':
          return await runNlm(pool, volume, noise, planar, options.blockRadius ?? 3, onProgress);
        case 'dct':
          return await runDct(pool, volume, noise, planar, onProgress);
        case 'mppca':
          return await runPca(pool, volume, noise, planar, options.motion ?? null, onProgress);
      }
    } finally {
      pool.close();
    }
  };
}

/** Slices on each side that have a say in a slice. */
export function classicalContext(kind: ClassicalName, volume: Volume, only2d: boolean): number {
  if (isPlanar(kind, volume, only2d)) return 0;
  return { nlm: 3, dct: 10, mppca: 4 }[kind];
}

/** What makes slabs of the volume come out as the whole: slices on each side, and the step that windows begin at. */
export function classicalSlabs(
  kind: ClassicalName,
  volume: Volume,
  only2d: boolean,
): { readonly halo: number; readonly step: number } {
  const step = kind === 'mppca' ? pcaSettings(volume.frames, isPlanar(kind, volume, only2d)).stride : 1;
  return { halo: classicalContext(kind, volume, only2d), step };
}

export function isPlanar(kind: ClassicalName, volume: Volume, only2d: boolean): boolean {
  return only2d || volume.slices < LEAST_SLICES[kind];
}

type Progress = (done: number, total: number) => void;

/** In units of sigma but without stabilisation: the floor of Rician noise is taken from the mean square. */
async function runNlm(
  pool: SlicePool,
  volume: Volume,
  noise: NoiseModel,
  planar: boolean,
  blockRadius: number,
  onProgress: Progress,
): Promise<Volume> {
  const divided: NoiseModel = { ...noise, distribution: 'gaussian' };
  const { values } = toUnitNoise(volume, divided);
  const settings = {
    reach: planar ? PLANAR_REACH : blockRadius - 1,
    reachThrough: planar ? 0 : blockRadius - 1,
    floor: noise.distribution === 'rician' ? certaintyOf(noise) : 0,
  };
  const stage = openStage(pool, volume, volume.slices * volume.frames, onProgress);
  const output = sharedFloats(stage.frameLength);
  for (let frame = 0; frame < volume.frames; frame++) {
    const part = values.subarray(frame * stage.frameLength, (frame + 1) * stage.frameLength);
    await stage.run(onShared(part), output, { name: 'nlm', settings });
    part.set(output);
  }
  return withData(volume, fromUnitNoise(values, volume, divided));
}

/** Thresholded blocks, a Wiener filter guided by them, non-local means guided by that; the mean of the last two. */
async function runDct(
  pool: SlicePool,
  volume: Volume,
  noise: NoiseModel,
  planar: boolean,
  onProgress: Progress,
): Promise<Volume> {
  const [width, height] = blockSize(planar);
  if (volume.columns < width || volume.rows < height) throw tooSmall(width);
  const { values, correlation } = toUnitNoise(volume, noise);
  const settings: DctSettings = { planar, correlation: [...correlation, 0] };
  const search = { reach: GUIDED_REACH, reachThrough: planar ? 0 : GUIDED_REACH };
  const stage = openStage(pool, volume, 3 * volume.slices * volume.frames, (done, total) =>
    onProgress(Math.floor(done / 3), total / 3),
  );
  const [first, pilot] = [0, 1].map(() => sharedFloats(stage.frameLength));
  for (let frame = 0; frame < volume.frames; frame++) {
    const part = values.subarray(frame * stage.frameLength, (frame + 1) * stage.frameLength);
    const input = onShared(part);
    await stage.run(input, first, { name: 'threshold', settings });
    await stage.run(input, pilot, { name: 'wiener', pilot: first, settings });
    await stage.run(input, first, { name: 'guided', pilot, settings: search });
    for (let i = 0; i < part.length; i++) part[i] = (first[i] + pilot[i]) / 2;
  }
  return withData(volume, fromUnitNoise(values, volume, noise));
}

/**
 * Frames that are unlike the others are no context for them: these are denoised without, where they are enough to tell
 * noise from signal, and the odd ones with all. Bad slices stay as they are. A copy of a frame has no noise of its own:
 * with it the least eigenvalue is 0, which would be taken for the noise. It becomes what its original becomes.
 */
async function runPca(
  pool: SlicePool,
  volume: Volume,
  noise: NoiseModel,
  planar: boolean,
  motion: PartMotion | null,
  onProgress: Progress,
): Promise<Volume> {
  if (volume.frames < MPPCA_LEAST_FRAMES) throw fault('E_NOT_ELIGIBLE/repeats');
  const { values } = toUnitNoise(volume, noise);
  if (motion !== null) addChange(values, volume, noise, motion, -1);
  const { outliers = [] } = noise;
  const settings = pcaSettings(volume.frames, planar);
  const all = Array.from({ length: volume.frames }, (_, frame) => frame);
  const originals = originalFrames(volume, all);
  const unlike = all.filter((frame) => originals[frame] === frame);
  const own = unlike.length < MPPCA_LEAST_FRAMES ? all : unlike;
  const odd = new Set(outliers.map(({ frame }) => frame));
  const good = own.filter((frame) => !odd.has(frame));
  const passes = good.length < own.length && good.length >= TELLING_FRAMES ? 2 : 1;
  const stage = openStage(pool, volume, passes * volume.slices, (done, total) =>
    onProgress(Math.floor((done * volume.frames) / passes), (total * volume.frames) / passes),
  );
  const { frameLength } = stage;
  const output = sharedFloats(values.length);
  const frameOf = (of: Float32Array, frame: number) =>
    of.subarray(frame * frameLength, (frame + 1) * frameLength);
  const over = async (frames: readonly number[]): Promise<void> => {
    const some = sharedFloats(frames.length * frameLength);
    const found = sharedFloats(some.length);
    for (const [k, frame] of frames.entries()) frameOf(some, k).set(frameOf(values, frame));
    const bounded = { ...settings, mostVariance: mostVarianceOf(frames.length) };
    await stage.run(some, found, { name: 'mppca', frames: frames.length, settings: bounded });
    for (const [k, frame] of frames.entries()) frameOf(output, frame).set(frameOf(found, k));
  };
  if (own !== all) await over(own);
  else await stage.run(onShared(values), output, { name: 'mppca', frames: volume.frames, settings });
  if (passes === 2) await over(good);
  if (own !== all) for (const frame of all) frameOf(output, frame).set(frameOf(output, originals[frame]));
  values.set(output);
  if (motion !== null) addChange(values, volume, noise, motion, 1);
  const result = fromUnitNoise(values, volume, noise);
  keepBadSlices(volume.data, result, outliers, volume);
  return withData(volume, result);
}

/** Slices without signal or with stripes have nothing in common with those of other frames. */
function keepBadSlices(
  source: Float32Array,
  target: Float32Array,
  outliers: readonly FrameOutliers[],
  { columns, rows, slices }: Volume,
): void {
  const area = columns * rows;
  for (const { frame, dropOuts, spikes } of outliers)
    for (const slice of [...dropOuts, ...spikes]) {
      const start = (frame * slices + slice) * area;
      target.set(source.subarray(start, start + area), start);
    }
}

/** The measured level bounds that of a window with few frames, with room for a coil or a place that has more. */
const MOST_VARIANCE = 2;

function mostVarianceOf(frames: number): number {
  return frames < TELLING_FRAMES ? MOST_VARIANCE : Number.POSITIVE_INFINITY;
}

/** Cubes, or squares of a plane; farther apart where each takes long. */
export function pcaSettings(frames: number, planar: boolean): PcaSettings {
  const common = { stride: frames <= 32 ? 1 : 2, shrink: true, mostVariance: mostVarianceOf(frames) };
  const radius = ((planar ? WINDOW.plane : WINDOW.cube) - 1) / 2;
  return { ...common, radius, radiusThrough: planar ? 0 : radius };
}

function openStage(pool: SlicePool, volume: Volume, total: number, onProgress: Progress) {
  const { columns, rows, slices } = volume;
  const grid: Grid = { columns, rows, slices };
  const parts = partsOf(slices, pool.threads, PART);
  let done = 0;
  return {
    frameLength: columns * rows * slices,
    run(input: Float32Array, output: Float32Array, step: Step): Promise<void> {
      return pool.run(
        parts.map((range) => ({ step, grid, range, input, output })),
        ({ range }) => {
          done += range.to - range.from;
          onProgress(done, total);
        },
      );
    },
  };
}

function tooSmall(side: number): LimpidError {
  return fault('E_TOO_SMALL/block', { side });
}
