import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeriesReport } from '../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import { modelHash } from '../../src-main/denoise/autoencoder.js';
import { openDenoiser } from '../../src-main/denoise/denoiser.js';
import { cutBox } from '../../src-main/imaging/box.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { runDenoise } from '../../src-main/jobs/denoise/denoise.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { changePsnr } from '../../src-main/trust/clean.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { CH2, ch2Missing, readSlices } from '../trust/volumes.js';

afterAll(removeFolders);

const SIGMA = 0.05 * 255;
/** With both ventricles, the cortex and air. */
const BOX = { column: 30, row: 40, slice: 0, columns: 112, rows: 112, slices: 4 };

/** What `--model auto --adapt off` makes of a volume. */
async function automatic(
  volume: Volume,
  wishes: Partial<DenoiseRequest> = {},
): Promise<{ series: SeriesReport; output: Volume }> {
  const root = await temporaryFolder();
  const input = path.join(root, 'in.nii');
  await fs.writeFile(input, writeNiftiFromVolume(volume, { gzip: false }));
  const request = denoiseRequest(input, path.join(root, 'out'), {
    model: { kind: 'auto' },
    steps: null,
    adapt: 'off',
    errorMap: false,
    ...wishes,
  });
  await runDenoise(request, () => {}, { openProcessor: openDenoiser, modelHash });
  const [name] = (await fs.readdir(request.output)).filter((file) => file.includes('_denoised.nii'));
  const bytes = await fs.readFile(path.join(request.output, name));
  const report = JSON.parse(await fs.readFile(path.join(request.output, 'report.json'), 'utf8'));
  return {
    series: report.series[0],
    output: readNifti(name.endsWith('.gz') ? gunzipSync(bytes) : bytes).volume,
  };
}

/** In tissue. */
function change(before: Volume, after: Volume): number {
  const tissue = Uint8Array.from(before.data, (value) => (value > 40 ? 1 : 0));
  return changePsnr(before, after, tissue) ?? Number.POSITIVE_INFINITY;
}

describe.skipIf(ch2Missing)('--model auto', () => {
  let clean: Volume;
  let noisy: Volume;
  let denoised: Awaited<ReturnType<typeof automatic>>;
  beforeAll(async () => {
    clean = cutBox(readSlices(CH2, 40, 44), BOX);
    noisy = simulateNoise(clean, { kind: 'rician', sigma: SIGMA, seed: 4 });
    denoised = await automatic(noisy);
  });

  it('says who took part, who won, and on what evidence', () => {
    const { race } = denoised.series;
    const names = race?.contenders.map(({ name }) => name);
    expect(names?.sort()).toEqual(['dct', 'general', 'nlm']);
    expect(race?.evidence).toBe('recorrupted');
    const errors = race?.contenders.map(({ error }) => error) ?? [];
    expect(errors).toEqual([...errors].sort((a, b) => a - b));
    expect(names).toContain(race?.winner);
    // all leave far less than the noise, and the estimate is no better than it can be
    expect(errors.every((error) => error > 0 && error < 0.5)).toBe(true);
    const before = change(clean, noisy);
    console.info(
      `${race?.winner} wins: ${race?.contenders.map(({ name, error }) => `${name} ${error.toFixed(3)}`).join(', ')}; ${before.toFixed(1)} dB before, ${change(clean, denoised.output).toFixed(1)} after`,
    );
    expect(change(clean, denoised.output)).toBeGreaterThan(before + 4);
  });

  it('asks no filter where less work was asked for, and says so', async () => {
    const { series, output } = await automatic(noisy, { effort: 'fast' });
    expect(series.race).toBeNull();
    expect(change(clean, output)).toBeGreaterThan(change(clean, noisy) + 4);
    expect(change(denoised.output, output)).toBeLessThan(100);
  });

  it('leaves its own result as it is, and says why', async () => {
    const { series, output } = await automatic(denoised.output);
    expect(series.warnings).toContainEqual(expect.objectContaining({ code: 'W_ALREADY_DENOISED' }));
    expect(series.race).toBeNull();
    expect(series.trust?.clean.recognised).toBe(true);
    expect(change(denoised.output, output)).toBeGreaterThan(100);
  });

  it('leaves a clean image as it is, also where the air is masked', async () => {
    const masked = { ...clean, data: clean.data.map((value) => (value < 20 ? 0 : value)) };
    for (const volume of [clean, masked]) {
      const { series, output } = await automatic(volume);
      expect(series.trust?.clean.recognised).toBe(true);
      expect(change(volume, output)).toBeGreaterThan(50);
    }
  });
});

describe('--model auto of noise as strong as tissue', () => {
  it('keeps of the network what refining takes for noise', async () => {
    const [side, slices] = [112, 3];
    const clean = volumeOf(
      Float32Array.from({ length: side * side * slices }, (_, i) => {
        const [x, y, z] = [i % side, Math.floor(i / side) % side, Math.floor(i / (side * side))];
        const radius = Math.hypot(x - 56, y - 56);
        if (radius > 50) return 0;
        // thin, rare bright fluid between folds of tissue that is as dark as the noise; more of it passes for correlation
        const fold = Math.abs(((radius + 4 * Math.sin(7 * Math.atan2(y - 56, x - 56) + 2 * z)) % 12) - 6);
        return fold < 0.8 && Math.sin(x / 9 + z) > 0.3 ? 2200 : 420;
      }),
      [side, side, slices],
    );
    const distant = { ...clean, spacing: [2, 2, 50] as const };
    const noisy = simulateNoise(distant, { kind: 'rician', sigma: 370, seed: 9 });
    const errorOf = ({ output }: { output: Volume }) =>
      output.data.reduce(
        (sum, value, i) => (clean.data[i] > 0 ? sum + (value - clean.data[i]) ** 2 : sum),
        0,
      );
    const [chosen, refined] = [
      await automatic(noisy),
      await automatic(noisy, { model: { kind: 'general' } }),
    ];
    expect(chosen.series.race?.winner).toBe('general');
    expect(errorOf(chosen)).toBeLessThan(0.93 * errorOf(refined));
  });
});

describe('--model auto of many volumes', () => {
  it('takes MP-PCA without a race, unless they are repeats', async () => {
    const [side, slices, frames] = [32, 4, 12];
    const length = side * side * slices;
    const data = Float32Array.from({ length: length * frames }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side) % side];
      if (Math.hypot(x - 16, y - 16) > 13) return 0;
      const decay = Math.exp((-(Math.floor(i / length) + 1) * (x < 16 ? 1 : 2)) / frames);
      return 1000 * decay;
    });
    const clean = { ...volumeOf(data, [side, side, slices * frames]), slices, frames };
    const noisy = simulateNoise(clean, { kind: 'rician', sigma: 30, seed: 6 });
    const { series, output } = await automatic(noisy);
    expect(series.race).toBeNull();
    const squares = (other: Volume) =>
      other.data.reduce((sum, value, i) => (clean.data[i] > 0 ? sum + (value - clean.data[i]) ** 2 : sum), 0);
    // What knows that there are two kinds of decay leaves a tenth of the noise.
    expect(squares(output)).toBeLessThan(0.1 * squares(noisy));
  });
});
