import { Random } from '../../src-main/base/random.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { openInput } from '../../src-main/series/open-input.js';
import { type FamilyPlan, trainFamily } from '../../src-main/training/family.js';
import {
  corpusSeries,
  intensityScale,
  roleOf,
  SLICE_JUDGES,
  splitCorpus,
} from '../../src-main/training/samples/corpus.js';
import { contextPlanes } from '../../src-main/training/samples/samples.js';
import { planFor } from '../training/brain.js';
import { brainCine } from '../training/cine.js';

/** Errors of time series on slices that no training step has seen, in percent of the median foreground. */
export type VideoErrors = Readonly<Record<'noisy' | 'neighbours' | 'single' | 'paired' | 'video', number>>;

const FACTS = {
  version: '0',
  device: 'cpu',
  data: { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null },
};
const BLIND = { kind: 'blind-spot', cell: 5, span: [0, 0] } as const;

/** Root mean square over foreground voxels of the held-out slices, by what each makes of a noisy series. */
type Score = (made: Volume) => number;

async function compare(runtime: Runtime, noisy: Volume, steps: number, score: Score): Promise<VideoErrors> {
  const plan = { steps, size: 48, batchSize: 8 };
  const learn = async (
    family: string,
    settings: FamilySettings,
    objective: FamilyPlan['objective'],
    reference: Volume | null = null,
  ): Promise<number> => {
    process.stderr.write(`${family} ${objective.kind}\n`);
    const corpus = splitCorpus([corpusSeries(noisy, 'one', reference)], 0.2, new Random(1));
    const trained = await trainFamily(runtime, corpus, planFor(family, { ...plan, settings, objective }));
    const bytes = exportModel(trained, modelCard(trained, FACTS, null));
    const model = await openModelFile(runtime, bytes);
    const made = await restoreScaled(model, noisy, intensityScale(reference ?? noisy));
    await model.close();
    return score(made);
  };
  return {
    noisy: score(noisy),
    neighbours: score(neighbourMean(noisy)),
    single: await learn('denoising', { residual: false, topSkip: false }, BLIND),
    paired: await learn('denoising', {}, { kind: 'supervised' }, nextFrames(noisy)),
    video: await learn('video', { middle: 'unseen' }, { kind: 'frames' }),
  };
}

/** A brain that moves and pulsates, with known truth. */
export function cineErrors(runtime: Runtime, steps: number): Promise<VideoErrors> {
  const { clean, noisy } = brainCine({
    slices: 10,
    frames: 16,
    size: 96,
    motion: 1.5,
    pulse: 0.05,
    sigma: 9,
  });
  return compare(runtime, noisy, steps, (made) => rootMeanSquare(made, clean, 0));
}

/**
 * Repeats of one scan: the first half is learnt from and denoised, and judged against the mean of the other half,
 * whose own noise is taken off.
 */
export async function repeatErrors(runtime: Runtime, folder: string, steps: number): Promise<VideoErrors> {
  const repeats = await timeSeries(folder);
  const half = repeats.frames >> 1;
  const noisy = framesOf(repeats, 0, half);
  const others = framesOf(repeats, half, repeats.frames);
  const { mean, variance } = overFrames(others);
  const truth = withData(noisy, tiled(mean, half));
  const left = tiled(
    variance.map((value) => value / others.frames),
    half,
  );
  return compare(runtime, noisy, steps, (made) => rootMeanSquare(made, truth, left));
}

/** The series of most frames in a folder. */
export async function timeSeries(folder: string): Promise<Volume> {
  const input = await openInput(folder, () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const stacks = input.units.flatMap(({ stacks }) => stacks).filter(({ why }) => why === null);
    const volumes: Volume[] = [];
    for (const stack of stacks) volumes.push((await stack.load(() => {})).volume);
    return volumes.reduce((most, one) => (one.frames > most.frames ? one : most));
  } finally {
    await input.close();
  }
}

function framesOf(volume: Volume, from: number, to: number): Volume {
  const length = volume.rows * volume.columns * volume.slices;
  return {
    ...volume,
    data: volume.data.slice(from * length, to * length),
    frames: to - from,
    measured: null,
  };
}

/** Each frame as the next one, and the last as the one before: noise of its own, and nearly the same signal. */
function nextFrames(volume: Volume): Volume {
  const length = volume.data.length / volume.frames;
  const data = new Float32Array(volume.data.length);
  for (let frame = 0; frame < volume.frames; frame++) {
    const other = frame + 1 < volume.frames ? frame + 1 : frame - 1;
    data.set(volume.data.subarray(other * length, (other + 1) * length), frame * length);
  }
  return withData(volume, data);
}

/** Two frames on each side, without the frame itself. */
function neighbourMean(volume: Volume): Volume {
  const area = volume.rows * volume.columns;
  const planes = volume.slices * volume.frames;
  const data = new Float32Array(volume.data.length);
  for (let plane = 0; plane < planes; plane++) {
    const others = contextPlanes(volume, plane, 2, 'frames').filter((_, i) => i !== 2);
    for (let i = 0; i < area; i++)
      data[plane * area + i] =
        others.reduce((sum, other) => sum + volume.data[other * area + i], 0) / others.length;
  }
  return withData(volume, data);
}

function overFrames({ data, frames }: Volume): { mean: Float32Array; variance: Float32Array } {
  const length = data.length / frames;
  const mean = new Float32Array(length);
  const variance = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    let [sum, squares] = [0, 0];
    for (let frame = 0; frame < frames; frame++) {
      sum += data[frame * length + i];
      squares += data[frame * length + i] ** 2;
    }
    mean[i] = sum / frames;
    variance[i] = Math.max(0, (squares - sum * mean[i]) / (frames - 1));
  }
  return { mean, variance };
}

function tiled(data: Float32Array, times: number): Float32Array {
  const out = new Float32Array(data.length * times);
  for (let k = 0; k < times; k++) out.set(data, k * data.length);
  return out;
}

/** @param left squared error of the truth itself */
function rootMeanSquare(made: Volume, truth: Volume, left: Float32Array | 0): number {
  const area = made.rows * made.columns;
  const [series] = splitCorpus([corpusSeries(made, 'one', null)], 0.2, new Random(1));
  const bright = 0.3 * intensityScale(truth).high;
  const inside: number[] = [];
  let sum = 0;
  for (let i = 0; i < made.data.length; i++) {
    if (roleOf(series, Math.floor(i / area)) !== SLICE_JUDGES || truth.data[i] < bright) continue;
    inside.push(truth.data[i]);
    sum += (made.data[i] - truth.data[i]) ** 2 - (left === 0 ? 0 : left[i]);
  }
  inside.sort((a, b) => a - b);
  return (100 * Math.sqrt(Math.max(0, sum / inside.length))) / inside[inside.length >> 1];
}
