/**
 * MP-PCA of series that move, with what motion changes taken off before against frames taken as they are: drawn heads
 * with known truth, and a real series whose frames are moved. And networks that see frames beside each other.
 *
 *   npm run bench -- aligned [--only NAMES] [--repeats NIFTI] [--steps N] [--write]
 *
 * NAMES: EPI, DWI, real, video. NIFTI is a real series of repeats: its mean over time is moved, and what each frame differs
 * from it by is added as it was. With --write the table goes into docs/motion.md.
 */
import * as fs from 'node:fs';
import { Random } from '../../src-main/base/random.js';
import { alignmentOf } from '../../src-main/filters/alignment.js';
import { addChange } from '../../src-main/filters/change.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { measuredNoise } from '../../src-main/filters/guided-noise.js';
import { type Box, cutValues, floats, wholeBox } from '../../src-main/imaging/box.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { exportModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { fromUnitNoise, type NoiseModel, noiseOfBox, toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateMotion } from '../../src-main/noise/motion/motion.js';
import { movedMeans } from '../../src-main/noise/motion/moved.js';
import { resampled } from '../../src-main/noise/motion/resample.js';
import { frameOf, inverted, multiplied, placesOf, rigid } from '../../src-main/noise/motion/rigid.js';
import { frameOutliers } from '../../src-main/noise/outliers/frame-outliers.js';
import { withOutliers } from '../../src-main/noise/outliers/outlier-warnings.js';
import { restoreScaled } from '../../src-main/restore/scaled.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, intensityScale, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { planFor } from '../training/brain.js';
import { ANATOMIES, type Course, drawMoved, KINDS } from './motion-series.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({ steps: 300 });
const COURSES: readonly (readonly [Course, number])[] = [
  ['jitter', 0],
  ['jitter', 0.1],
  ['jitter', 0.3],
  ['jitter', 1],
  ['drift', 1],
  ['sudden', 1],
];
const NOISE = { EPI: 0.02, DWI: 0.04 } as const;
const FRAMES = 16;
/** Slices in the middle that are denoised. */
const DEPTH = 5;
const NAMES = [...KINDS, 'real', 'video'];

const VIDEO_COURSES: readonly (readonly [Course, number])[] = [
  ['jitter', 0],
  ['jitter', 0.3],
  ['jitter', 1],
  ['drift', 1],
];

interface Scene {
  readonly noisy: Volume;
  readonly clean: Float32Array;
}

for (const kind of KINDS) {
  if (isLeftOut(kind)) continue;
  const rows: Row[] = [];
  for (const anatomy of ANATOMIES)
    for (const [course, most] of COURSES)
      rows.push(
        await measured(
          `${kind}, ${anatomy}`,
          course,
          most,
          drawMoved({ anatomy, kind, course, most, noise: NOISE[kind], seed: 11, frames: FRAMES }),
        ),
      );
  if (options.write) keep('aligned', kind, rows, NAMES, 'docs/motion.md');
}
if (options.repeats !== null && !isLeftOut('real')) {
  const series = readNifti(fs.readFileSync(options.repeats)).volume;
  const rows: Row[] = [];
  for (const [course, most] of COURSES)
    rows.push(await measured('real EPI, moved', course, most, movedRepeats(series, course, most)));
  if (options.write) keep('aligned', 'real', rows, NAMES, 'docs/motion.md');
}
if (!isLeftOut('video')) {
  const rows: Row[] = [];
  for (const [course, most] of VIDEO_COURSES)
    rows.push(
      await videoRow(
        course,
        most,
        drawMoved({ anatomy: 'ch2', kind: 'EPI', course, most, noise: NOISE.EPI, seed: 11, frames: FRAMES }),
      ),
    );
  if (options.write) keep('aligned', 'video', rows, NAMES, 'docs/motion.md');
}

function isLeftOut(name: string): boolean {
  return options.only.length > 0 && !options.only.includes(name);
}

async function measured(series: string, course: Course, most: number, { noisy, clean }: Scene): Promise<Row> {
  const noise = withOutliers(await measuredNoise(noisy, { modality: 'MR' }), frameOutliers(noisy));
  const found = alignmentOf(noisy, noise, false);
  const box: Box = { ...wholeBox(noisy), slice: (noisy.slices - DEPTH) >> 1, slices: DEPTH };
  const part: Volume = { ...noisy, slices: DEPTH, data: cutValues(noisy.data, noisy, box, floats) };
  const level: NoiseModel = noiseOfBox(noise, noisy, box);
  const truth = cutValues(clean, noisy, box, floats);
  const errorWith = async (share: number): Promise<number> => {
    const motion = share === 0 || found === null ? {} : { motion: { ...found, share, box } };
    const { data } = await classicalDenoiser('mppca', { ...motion, threads: 1 })(part, level, false);
    return errorIn(data, truth);
  };
  const before = await errorWith(0);
  const after = found === null ? before : await errorWith(found.share);
  const row = {
    Series: series,
    Motion: most === 0 ? 'none' : `${course}, ${most} voxel${most === 1 ? '' : 's'}`,
    'Expected to go, %': found === null ? 'under 10' : (100 * found.gain).toFixed(0),
    'Share taken off, %': found === null ? '0' : (100 * found.share).toFixed(0),
    'Error as it is': before.toFixed(2),
    'Error aligned': after.toFixed(2),
    'Gain, dB': (20 * Math.log10(before / after)).toFixed(2),
  };
  console.log(markdown([row]).split('\n').at(-1));
  return row;
}

/**
 * The video family, which learns each frame from those beside it in the noisy series alone, on frames as they are and on
 * frames without what motion changes, given back after.
 */
async function videoRow(course: Course, most: number, { noisy, clean }: Scene): Promise<Row> {
  const noise = withOutliers(await measuredNoise(noisy, { modality: 'MR' }), frameOutliers(noisy));
  const means = movedMeans(noisy, estimateMotion(noisy, { only2d: false }), new Set());
  const motion = { means, share: 1, box: wholeBox(noisy) };
  const changed = (volume: Volume, times: 1 | -1): Volume => {
    const { values } = toUnitNoise(volume, noise);
    addChange(values, noisy, noise, motion, times);
    return withData(noisy, fromUnitNoise(values, noisy, noise));
  };
  const before = errorIn((await videoMade(noisy)).data, clean);
  const after = errorIn(changed(await videoMade(changed(noisy, -1)), 1).data, clean);
  const row = {
    Series: 'EPI, ch2, video family',
    Motion: most === 0 ? 'none' : `${course}, ${most} voxel${most === 1 ? '' : 's'}`,
    'Share taken off, %': '100',
    'Error as it is': before.toFixed(2),
    'Error aligned': after.toFixed(2),
    'Gain, dB': (20 * Math.log10(before / after)).toFixed(2),
  };
  console.log(markdown([row]).split('\n').at(-1));
  return row;
}

/** Root mean square in tissue. */
function errorIn(data: Float32Array, truth: Float32Array): number {
  const tissue = 0.15 * truth.reduce((top, value) => Math.max(top, value), 0);
  let [sum, count] = [0, 0];
  for (let i = 0; i < data.length; i++)
    if (truth[i] > tissue) {
      sum += (data[i] - truth[i]) ** 2;
      count++;
    }
  return Math.sqrt(sum / count);
}

async function videoMade(noisy: Volume): Promise<Volume> {
  const runtime = await openRuntime('cpu', { threads: options.threads });
  const corpus = splitCorpus([corpusSeries(noisy, 'one', null)], 0.2, new Random(1));
  const plan = planFor('video', { steps: options.steps, size: 32, objective: { kind: 'frames' } });
  const trained = await trainFamily(runtime, corpus, { ...plan, settings: { middle: 'unseen' } });
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null };
  const bytes = exportModel(trained, modelCard(trained, { version: '0', device: 'cpu', data }, null));
  const model = await openModelFile(runtime, bytes);
  const made = await restoreScaled(model, noisy, intensityScale(noisy));
  await runtime.close();
  return made;
}

/** The mean of repeats, moved; with the noise, the pulse and the drift that the frames have. */
function movedRepeats(series: Volume, course: Course, most: number): Scene {
  const { columns, rows, slices, spacing } = series;
  const length = columns * rows * slices;
  const mean = new Float32Array(length);
  for (let i = 0; i < series.data.length; i++) mean[i % length] += series.data[i] / series.frames;
  const random = new Random(12);
  const frame = frameOf(series, false);
  const places = placesOf(series);
  const largest = [...spacing.map((value) => most * value), ...spacing.map(() => (most * Math.PI) / 180)];
  const signs = largest.map(() => (random.uniform() < 0.5 ? -1 : 1) * (0.5 + 0.5 * random.uniform()));
  const clean = new Float32Array(FRAMES * length);
  const noisy = new Float32Array(FRAMES * length);
  for (let f = 0; f < FRAMES; f++) {
    const along = { drift: f / (FRAMES - 1), sudden: 2 * f < FRAMES ? 0 : 1, jitter: 0 }[course];
    const values = largest.map((value, k) =>
      course === 'jitter' ? value * (2 * random.uniform() - 1) : value * signs[k] * along,
    );
    const back = multiplied(multiplied(inverted(places), inverted(rigid(frame, values))), places);
    const moved = resampled({ data: mean, columns, rows, slices }, back, wholeBox(series));
    clean.set(moved, f * length);
    for (let i = 0; i < length; i++)
      noisy[f * length + i] = Math.max(0, moved[i] + series.data[f * length + i] - mean[i]);
  }
  return { noisy: withData({ ...series, frames: FRAMES, measured: null }, noisy), clean };
}
