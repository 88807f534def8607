/**
 * MP-PCA of series that move, with what motion changes taken off before against frames taken as they are: drawn heads
 * with known truth, and a real series whose frames are moved.
 *
 *   npm run bench -- aligned [--only NAMES] [--repeats NIFTI] [--write]
 *
 * NAMES: EPI, DWI, real. NIFTI is a real series of repeats: its mean over time is moved, and what each frame differs
 * from it by is added as it was. With --write the table goes into docs/motion.md.
 */
import * as fs from 'node:fs';
import { Random } from '../../src-main/base/random.js';
import { alignmentOf } from '../../src-main/filters/alignment.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { measuredNoise } from '../../src-main/filters/guided-noise.js';
import { type Box, cutValues, floats, wholeBox } from '../../src-main/imaging/box.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { type NoiseModel, noiseOfBox } from '../../src-main/noise/domain.js';
import { resampled } from '../../src-main/noise/motion/resample.js';
import { frameOf, inverted, multiplied, placesOf, rigid } from '../../src-main/noise/motion/rigid.js';
import { frameOutliers } from '../../src-main/noise/outliers/frame-outliers.js';
import { withOutliers } from '../../src-main/noise/outliers/outlier-warnings.js';
import { ANATOMIES, type Course, drawMoved, KINDS } from './motion-series.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
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
const NAMES = [...KINDS, 'real'];

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
  const tissue = 0.15 * truth.reduce((top, value) => Math.max(top, value), 0);
  const errorWith = async (share: number): Promise<number> => {
    const motion = share === 0 || found === null ? {} : { motion: { ...found, share, box } };
    const { data } = await classicalDenoiser('mppca', { ...motion, threads: 1 })(part, level, false);
    let [sum, count] = [0, 0];
    for (let i = 0; i < data.length; i++)
      if (truth[i] > tissue) {
        sum += (data[i] - truth[i]) ** 2;
        count++;
      }
    return Math.sqrt(sum / count);
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
