// Who wins the race of `--model auto`, beside who is really better where the truth is known:
//   npm run bench -- race [--levels 1,5,9] [--ct FOLDER] [--repeats FOLDER]
// ch2 (Debian's mricron-data) on slices of the tuning slab with Rician noise; a CT with correlated noise added;
// repeats, whose frames that no denoiser saw are the truth.
import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { MPPCA_LEAST_FRAMES } from '../../src-main/contract/requests/choices.js';
import { raceReport, runRace } from '../../src-main/denoise/race.js';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { automaticMask } from '../../src-main/imaging/metrics.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import type { NoiseEstimate } from '../../src-main/noise/noise-estimate.js';
import { sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { splitFrames, type UnitDenoiser } from '../../src-main/restore/evidence.js';
import { restorerOf } from '../../src-main/restore/restorer.js';
import { viewsOf } from '../../src-main/restore/views.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { readGeneral } from '../../src-main/store/general.js';
import { conditionsOf } from '../../src-main/training/samples/conditions.js';
import { CH2, slab } from '../imaging/support.js';
import { firstSeries } from './first-series.js';

const SEED = 1;
const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: {
    levels: { type: 'string', default: '1,5,9' },
    ct: { type: 'string' },
    repeats: { type: 'string' },
    slices: { type: 'string', default: '38,48' },
  },
});

const runtime = await openRuntime('cpu', { threads: 2 });
const { general } = await readGeneral();
const restorer = restorerOf(runtime, general);

interface Scene {
  readonly name: string;
  readonly noisy: Volume;
  readonly noise: NoiseEstimate;
  /** Squared error of what a denoiser makes of the whole, over that of the noisy image. */
  readonly truth: ((denoise: (volume: Volume) => Promise<Volume>) => Promise<number>) | null;
}

function squaredError(a: Float32Array, b: Float32Array, mask: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < a.length; i++)
    if (mask[i] !== 0) {
      sum += (a[i] - b[i]) ** 2;
      count++;
    }
  return sum / count;
}

function simulated(name: string, clean: Volume, noisy: Volume, modality: string): Scene {
  const lowest = clean.data.reduce((a, b) => Math.min(a, b), 0);
  const mask = automaticMask(clean.data.map((value) => value - lowest));
  const before = squaredError(clean.data, noisy.data, mask);
  return {
    name,
    noisy,
    noise: estimateNoise(noisy, { modality }),
    truth: async (denoise) => squaredError(clean.data, (await denoise(noisy)).data, mask) / before,
  };
}

function brain(percent: number): Scene {
  const [from, to] = options.slices.split(',').map(Number);
  const clean = slab(readNifti(fs.readFileSync(CH2)).volume, from, to);
  const sigma = sigmaOfLevel(clean, percent);
  return simulated(
    `ch2 Rician ${percent} %`,
    clean,
    simulateNoise(clean, { kind: 'rician', sigma, seed: 5 }),
    'MR',
  );
}

async function tomogram(folder: string): Promise<Scene> {
  const whole = await firstSeries(folder);
  const clean = { ...slab(whole, whole.slices - 8, whole.slices - 3), measured: null };
  for (let i = 0; i < clean.data.length; i++) clean.data[i] = Math.max(-1024, clean.data[i]);
  const noisy = simulateNoise(clean, { kind: 'gaussian', sigma: 15, correlation: 2, seed: 5 });
  return simulated('CT 15 HU, FWHM 2 pixels', clean, noisy, 'CT');
}

/** Frames that no denoiser sees are the truth; their own noise is taken off. */
async function repeats(folder: string): Promise<Scene> {
  const noisy = await firstSeries(folder);
  const noise = estimateNoise(noisy, { modality: 'MR' });
  const length = noisy.data.length / noisy.frames;
  const { given, against } = splitFrames(noisy.frames);
  const held = [...new Set(against)];
  const mean = new Float32Array(length);
  const variance = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    for (const frame of held) mean[i] += noisy.data[frame * length + i] / held.length;
    for (const frame of held)
      variance[i] += (noisy.data[frame * length + i] - mean[i]) ** 2 / ((held.length - 1) * held.length);
  }
  const mask = automaticMask(mean);
  const own =
    variance.reduce((sum, value, i) => sum + (mask[i] ? value : 0), 0) / mask.reduce((a, b) => a + b);
  const data = new Float32Array(given.length * length);
  given.forEach((frame, at) => {
    data.set(noisy.data.subarray(frame * length, (frame + 1) * length), at * length);
  });
  const part = { ...noisy, frames: given.length, data };
  const errorOf = (volume: Volume) => {
    let sum = 0;
    for (let at = 0; at < given.length; at++)
      sum += squaredError(mean, volume.data.subarray(at * length, (at + 1) * length), mask) - own;
    return sum / given.length;
  };
  const before = errorOf(part);
  return { name: 'repeats', noisy, noise, truth: async (denoise) => errorOf(await denoise(part)) / before };
}

const scenes: Scene[] = [
  ...options.levels
    .split(',')
    .filter(Boolean)
    .map((level) => brain(Number(level))),
  ...(options.ct === undefined ? [] : [await tomogram(options.ct)]),
  ...(options.repeats === undefined ? [] : [await repeats(options.repeats)]),
];

for (const { name, noisy, noise, truth } of scenes) {
  const views = viewsOf(noisy, noise, false, false);
  const contender: UnitDenoiser = async (part, level, { looked }, conditions) =>
    (await denoiseVolume(restorer, part, level, { strength: 1, seed: SEED, conditions, looked, views }))
      .denoised;
  const input = { volume: noisy, noise, only2d: false };
  const network = {
    denoise: contender,
    unrefined: null,
    context: restorer.context,
    crosses: views.length > 1,
  };
  const report = raceReport(await runRace(input, network, SEED), noise, null);
  const frames = noisy.frames;
  console.log(
    `${name}: level ${noise.sigma.toFixed(2)}${noise.certain ? '' : ' (a guess)'}${noise.correlated ? ', correlated' : ''}; ${report.evidence}, ${report.winner} wins${report.clear ? '' : ', close'}`,
  );
  for (const { name, error, standardError, seconds } of report.contenders) {
    const conditions = conditionsOf(toUnitNoise(noisy, noise), false);
    const run = async (volume: Volume) =>
      name === 'general' || name === 'adapted'
        ? (await denoiseVolume(restorer, volume, noise, { strength: 1, seed: SEED, conditions, views }))
            .denoised
        : classicalDenoiser(name)(volume, noise, false);
    const left =
      truth === null || (name === 'mppca' && frames < MPPCA_LEAST_FRAMES) ? null : await truth(run);
    console.log(
      `  ${name.padEnd(8)} race ${error.toFixed(4)} +- ${standardError.toFixed(4)} (${seconds.toFixed(1)} s), truth ${left === null ? '-' : `${left.toFixed(4)} of the squared error, ${(-10 * Math.log10(left)).toFixed(2)} dB`}`,
    );
  }
}
await restorer.close();
await runtime.close();
