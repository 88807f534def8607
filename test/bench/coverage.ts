// How much of the truth the 90 % interval of the uncertainty holds, with the shipped network:
//   npm run bench -- coverage [--levels 1,5,9] [--first 42] [--ct FOLDER]
// ch2 (Debian's mricron-data), seven slices (42 to 48 set the calibration) with Rician noise; a CT with correlated noise added.
import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../src-main/base/random.js';
import { refineContext } from '../../src-main/filters/refine.js';
import { cutBox } from '../../src-main/imaging/box.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { spacingRatio, type Volume } from '../../src-main/imaging/volume.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { restorerOf } from '../../src-main/restore/restorer.js';
import { planarViews } from '../../src-main/restore/views.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { openInput } from '../../src-main/series/open-input.js';
import { readGeneral } from '../../src-main/store/general.js';
import { conditionsOf } from '../../src-main/training/samples/conditions.js';
import { foregroundMask } from '../../src-main/trust/part.js';
import { probe } from '../../src-main/trust/probe.js';
import { foregroundThreshold } from '../../src-main/trust/tests/foreground.js';
import { CH2, slab } from '../imaging/support.js';

const SEED = 1;
/** z of the two-sided 90 % interval of a normal deviate. */
const Z90 = 1.6449;
const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: {
    levels: { type: 'string', default: '1,5,9' },
    first: { type: 'string', default: '42' },
    ct: { type: 'string' },
  },
});
const first = Number(options.first);
const runtime = await openRuntime('cpu', { threads: 2 });
const { general } = await readGeneral();
const restorer = restorerOf(runtime, general);

async function coverage(name: string, clean: Volume, noisy: Volume, modality: string): Promise<void> {
  const noise = estimateNoise(noisy, { modality });
  const conditions = conditionsOf(toUnitNoise(noisy, noise), false);
  const settings = { strength: 1, seed: SEED, conditions, views: planarViews(true), refine: true };
  const denoise = async (part: Volume) => (await denoiseVolume(restorer, part, noise, settings)).denoised;
  const after = await denoise(noisy);
  const threshold = foregroundThreshold(after, noise.sigma, noise.distribution === 'rician');
  const foreground = foregroundMask(after, threshold);
  const random = new Random(SEED);
  const { place, uncertainty } = await probe(
    denoise,
    noisy,
    after,
    foreground,
    { ...noise, map: null },
    refineContext(spacingRatio(noisy, false)),
    random,
  );
  const [truth, found] = [cutBox(clean, place.box), cutBox(after, place.box)];
  let inside = 0;
  let count = 0;
  uncertainty.forEach((deviation, i) => {
    if (deviation === 0) return;
    count++;
    if (Math.abs(found.data[i] - truth.data[i]) <= Z90 * deviation) inside++;
  });
  console.log(
    `${name}: ${((100 * inside) / count).toFixed(1)} % of ${count} voxels${noise.certain ? '' : ', level a guess'}`,
  );
}

for (const level of options.levels.split(',').filter(Boolean).map(Number)) {
  const brain = slab(readNifti(fs.readFileSync(CH2)).volume, first, first + 7);
  const clean = cutBox(brain, { column: 26, row: 40, slice: 0, columns: 128, rows: 136, slices: 7 });
  const sigma = sigmaOfLevel(clean, level);
  const noisy = simulateNoise(clean, { kind: 'rician', sigma, seed: 5 });
  await coverage(`ch2 slices ${first}-${first + 6}, Rician ${level} %`, clean, noisy, 'MR');
}
if (options.ct !== undefined) {
  const input = await openInput(options.ct, () => {}, {
    errorMap: false,
    uncertainty: false,
    suffix: 'unused',
  });
  const [stack] = input.units.flatMap(({ stacks }) => stacks);
  const { volume } = await stack.load(() => {});
  await input.close();
  const box = { column: 160, row: 160, slice: volume.slices - 9, columns: 192, rows: 192, slices: 7 };
  const clean = { ...cutBox(volume, box), measured: null };
  const noisy = simulateNoise(clean, { kind: 'gaussian', sigma: 15, correlation: 2, seed: 5 });
  await coverage('CT 15 HU, FWHM 2 pixels', clean, noisy, 'CT');
}
await restorer.close();
await runtime.close();
