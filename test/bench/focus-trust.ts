// Whether the trust report finds foci of few voxels that a denoiser smeared over time, and how often it finds what is none:
//   npm run bench -- focus-trust [--write]
// The series of `bench -- focus` with white noise of standard deviation 1, with foci and without any. --write puts the table
// into docs/report.md.
import { Random } from '../../src-main/base/random.js';
import type { PlaceReport } from '../../src-main/contract/trust.js';
import { pcaSettings } from '../../src-main/filters/denoiser.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import { placesOverTime } from '../../src-main/trust/tests/over-time.js';
import { placesOf } from '../../src-main/trust/tests/places.js';
import { volumeOf } from '../imaging/support.js';
import { KINDS, type Series, SIDE, seriesOf } from './focus-scene.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
const SLICES = 5;
const SEEDS = [5, 6, 7] as const;

type Denoiser = (noisy: Float32Array, frames: number) => Float32Array;

/** Each frame is the mean of itself and its neighbours: what a filter over time does. */
const overTime: Denoiser = (noisy, frames) => {
  const length = noisy.length / frames;
  return noisy.map((_, i) => {
    const frame = Math.floor(i / length);
    const [from, to] = [Math.max(0, frame - 2), Math.min(frames - 1, frame + 2)];
    let sum = 0;
    for (let k = from; k <= to; k++) sum += noisy[i + (k - frame) * length];
    return sum / (to - from + 1);
  });
};

const grid = { columns: SIDE, rows: SIDE, slices: SLICES };
const pca =
  (shrink: boolean): Denoiser =>
  (noisy, frames) =>
    mpPca(noisy, frames, grid, { from: 0, to: SLICES }, { ...pcaSettings(frames, false), shrink });
const DENOISERS: Readonly<Record<string, Denoiser>> = {
  'Limpid, MP-PCA': pca(true),
  'as DIPY': pca(false),
  'mean of five frames': overTime,
};

const OTHERS = 4;
/** Mean error by voxel, in that of the noise, that counts as off. */
const OFF = 0.25;

/** Result less truth in the mean of other draws of the noise. */
function errorsOfOthers(truth: Float32Array, frames: number, seed: number, denoise: Denoiser): Float32Array {
  const errors = new Float32Array(truth.length);
  for (let k = 1; k <= OTHERS; k++) {
    const random = new Random(seed + 100 + 10 * k);
    const result = denoise(
      truth.map((value) => value + random.normal()),
      frames,
    );
    for (let i = 0; i < errors.length; i++) errors[i] += (result[i] - truth[i]) / OTHERS;
  }
  return errors;
}

/** Whether the 3 x 3 pixels around a place are off over its frames, beside the others, as it says. */
function isOff(
  errors: Float32Array,
  { column, row, slice, frame, lastFrame, change }: PlaceReport,
  frames: number,
): boolean {
  const length = errors.length / frames;
  const [inside, outside] = [
    { sum: 0, count: 0 },
    { sum: 0, count: 0 },
  ];
  for (let k = 0; k < frames; k++) {
    const part = k + 1 >= frame && k + 1 <= (lastFrame ?? frame) ? inside : outside;
    for (let y = row - 1; y <= row + 1; y++)
      for (let x = column - 1; x <= column + 1; x++) {
        part.sum += errors[k * length + (slice - 1) * SIDE * SIDE + y * SIDE + x] || 0;
        part.count++;
      }
  }
  const difference = inside.sum / inside.count - outside.sum / Math.max(1, outside.count);
  return (change === 'brighter' ? difference : -difference) >= OFF;
}

/** Foci that a place lies on, and places that lie on none, where there are any; of all seeds. */
function looked(
  draw: (seed: number) => Series,
  frames: number,
  denoise: Denoiser,
  alone: boolean,
): { readonly found: number; readonly foci: number; readonly elsewhere: number; readonly off: number } {
  const sums = { found: 0, foci: 0, elsewhere: 0, off: 0 };
  for (const seed of SEEDS) {
    const { truth, focus } = draw(seed);
    const random = new Random(seed + 100);
    const noisy = truth.map((value) => value + random.normal());
    const [before, after] = [noisy, denoise(noisy, frames)].map((data) =>
      volumeOf(data, [SIDE, SIDE, SLICES, frames]),
    );
    const asked = { sigma: 1, distribution: 'gaussian' } as const;
    const places =
      (alone ? placesOf(before, after, asked) : placesOverTime(before, after, asked))?.places ?? [];
    const middles: { x: number; y: number; z: number; hit: boolean }[] = [];
    for (let i = 0; i < focus.length; i++) {
      const [x, y, z] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / (SIDE * SIDE))];
      // the first voxel of a focus
      if (focus[i] === 1 && focus[i - 1] === 0 && focus[i - SIDE] === 0)
        middles.push({ x: x + 1, y, z, hit: false });
    }
    const errors = places.length > 0 && !alone ? errorsOfOthers(truth, frames, seed, denoise) : null;
    for (const place of places) {
      const { column, row, slice } = place;
      const on = middles.find(
        ({ x, y, z }) => Math.hypot(x - column, y - row) <= 3 && Math.abs(z - (slice - 1)) <= 1,
      );
      if (on === undefined) {
        sums.elsewhere++;
        if (errors !== null && isOff(errors, place, frames)) sums.off++;
      } else on.hit = true;
    }
    sums.foci += middles.length;
    sums.found += middles.filter(({ hit }) => hit).length;
  }
  return sums;
}

const rows: Row[] = [];
for (const [name, [counts, kind]] of Object.entries(KINDS))
  for (const frames of counts)
    for (const [denoiser, denoise] of Object.entries(DENOISERS)) {
      const cells = [0, 6, 12].map((contrast) => {
        const draw = (seed: number) => seriesOf(kind, frames, SLICES, contrast, seed);
        const time = looked(draw, frames, denoise, false);
        const single = looked(draw, frames, denoise, true);
        return [time, single].map((one) =>
          contrast === 0
            ? one === time
              ? `${one.elsewhere}, ${one.off}`
              : `${one.elsewhere}`
            : `${one.found} of ${one.foci}, ${one.elsewhere}`,
        );
      });
      rows.push({
        series: name,
        frames: `${frames}`,
        denoiser,
        'no focus: over time, so in other draws': cells[0][0],
        'in frames': cells[0][1],
        '6 sigma: over time': cells[1][0],
        'in frames ': cells[1][1],
        '12 sigma: over time': cells[2][0],
        'in frames  ': cells[2][1],
      });
    }
if (options.write) keep('focus-trust', 'focus-trust', rows, ['focus-trust'], 'docs/report.md');
process.stdout.write(`${markdown(rows)}\n`);
