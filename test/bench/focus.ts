// What MP-PCA makes of foci of a few voxels that change over the frames in their own way:
//   npm run bench -- focus [--write]
// Drawn series with white noise of standard deviation 1; beside ours the same with components kept as they are, which is DIPY's
// mppca (test/filters/mppca.test.ts holds them against each other). --write puts the table into docs/decisions/small-foci.md.
import { Random } from '../../src-main/base/random.js';
import { pcaSettings } from '../../src-main/filters/denoiser.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import { KINDS, type Series, SIDE, seriesOf } from './focus-scene.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
/** Mean squared errors, and the root mean square over time of the mean error of all foci. */
function errorsOf({ truth, focus }: Series, result: Float32Array, frames: number): string {
  const length = focus.length;
  const all = { sum: 0, count: 0 };
  const own = { sum: 0, count: 0 };
  let bias = 0;
  for (let frame = 0; frame < frames; frame++) {
    const mean = { sum: 0, count: 0 };
    for (let i = 0; i < length; i++) {
      if (truth[i] === 0) continue;
      const error = result[frame * length + i] - truth[frame * length + i];
      all.sum += error ** 2;
      all.count++;
      if (focus[i] === 0) continue;
      own.sum += error ** 2;
      own.count++;
      mean.sum += error;
      mean.count++;
    }
    bias += (mean.sum / mean.count) ** 2 / frames;
  }
  return [own.sum / own.count, Math.sqrt(bias), all.sum / all.count].map((one) => one.toFixed(2)).join(', ');
}

const rows: Row[] = [];
for (const [name, [counts, kind]] of Object.entries(KINDS))
  for (const frames of counts)
    for (const slices of [5, 2]) {
      const series = seriesOf(kind, frames, slices, 6, 5);
      const random = new Random(2);
      const noisy = series.truth.map((value) => value + random.normal());
      const settings = pcaSettings(frames, slices === 2);
      const grid = { columns: SIDE, rows: SIDE, slices };
      const run = (shrink: boolean) =>
        errorsOf(
          series,
          mpPca(noisy, frames, grid, { from: 0, to: slices }, { ...settings, shrink }),
          frames,
        );
      rows.push({
        series: name,
        frames: `${frames}${slices === 2 ? ', in planes' : ''}`,
        'noisy: focus, bias, all': errorsOf(series, noisy, frames),
        'as DIPY': run(false),
        Limpid: run(true),
      });
    }
if (options.write) keep('focus', 'focus', rows, ['focus'], 'docs/decisions/small-foci.md');
process.stdout.write(`${markdown(rows)}\n`);
