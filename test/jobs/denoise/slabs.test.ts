import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report, SeriesImages } from '../../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import { modelHash } from '../../../src-main/denoise/autoencoder.js';
import { openDenoiser } from '../../../src-main/denoise/denoiser.js';
import { runDenoise } from '../../../src-main/jobs/denoise/denoise.js';
import type { SlabLimits } from '../../../src-main/jobs/denoise/slab-plan.js';
import { drawnSeries } from '../../support/drawn-series.js';
import { denoiseRequest, pixelHashes, removeFolders, temporaryFolder } from '../fixtures.js';

afterAll(removeFolders);

const SIDE = 48;
const SLICES = 120;
const WHOLE: SlabLimits = { whole: 1e9, slab: 1e9, sample: 0 };
const AREA = SIDE * SIDE;
/** Three slabs of the network, two of the filters; the sample is the series. */
const SLABS: SlabLimits = { whole: 0, slab: 120 * AREA, sample: 120 };
/** Slabs of other lengths, and a sample of some slices. */
const SAMPLED: SlabLimits = { whole: 0, slab: 50 * AREA, sample: 48 };

let input: string;
beforeAll(async () => {
  input = path.join(await temporaryFolder(), 'in');
  await fs.mkdir(input);
  for (const [i, bytes] of drawnSeries(SLICES, SIDE, 1).entries())
    await fs.writeFile(path.join(input, `${String(i).padStart(3, '0')}.dcm`), bytes);
});

async function denoised(slabs: SlabLimits, more: Partial<DenoiseRequest>) {
  const output = path.join(await temporaryFolder(), 'out');
  const request = denoiseRequest(input, output, { errorMap: false, ...more });
  const result = await runDenoise(request, () => {}, { openProcessor: openDenoiser, modelHash, slabs });
  const report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8')) as Report;
  return { result, report, output, pixels: await pixelHashes(path.join(output, 'series-001')) };
}

/** All is the very same but for how much a map varies: it is a curve through slices, which lie a little deeper here. */
function expectSameNoise(found: Report, wanted: Report): void {
  const [{ mapVariation, ...noise }, whole] = [found, wanted].map(({ series }) => {
    if (series[0].noise === null) throw new Error('No noise was measured.');
    return series[0].noise;
  });
  expect(mapVariation).toBeCloseTo(whole.mapVariation, 2);
  expect({ ...noise, mapVariation: whole.mapVariation }).toEqual(whole);
}

describe('a long series', () => {
  it.each([
    { model: { kind: 'dct' } },
    { model: { kind: 'nlm' } },
    { model: { kind: 'general' }, adapt: 'off' },
  ] as const)('denoised slab by slab has the pixels and the noise of the whole: %j', async (more) => {
    const whole = await denoised(WHOLE, more);
    const slabs = await denoised(SLABS, more);
    expect(slabs.result.exitCode).toBe(0);
    expect(Object.keys(slabs.pixels)).toHaveLength(SLICES);
    expectSameNoise(slabs.report, whole.report);
    expect(slabs.report.series[0].geometry).toEqual(whole.report.series[0].geometry);
    expect(slabs.pixels).toEqual(whole.pixels);
  });

  it('is judged by a sample of its slices, and says so', async () => {
    // a filter whose verdict is far from where only a part of the change is written: samples may differ a little
    const whole = await denoised(WHOLE, { model: { kind: 'dct' } });
    const { result, report, pixels, output } = await denoised(SAMPLED, { model: { kind: 'dct' } });
    expect(result.exitCode).toBe(0);
    expect(pixels).toEqual(whole.pixels);
    const [series] = report.series;
    expectSameNoise(report, whole.report);
    expect(series.trust?.reasons).toContainEqual(
      expect.objectContaining({ verdict: 'note', message: expect.stringMatching(/48 of its 120 slices/) }),
    );
    // the part that was probed lies in the run around the middle
    expect(series.trust?.probe?.first).toBeGreaterThan(48);
    expect(series.trust?.probe?.first).toBeLessThan(72);
    const pictures = JSON.parse(
      await fs.readFile(path.join(output, '.limpid', 'pictures', `${series.id}.json`), 'utf8'),
    ) as SeriesImages;
    expect(pictures.slices.every(({ of, number }) => of === SLICES && number <= SLICES)).toBe(true);
    // of the values that were on the disk nothing is left
    const names = await fs.readdir(output, { recursive: true });
    expect(names.filter((name) => name.endsWith('.slabs'))).toEqual([]);
  });
});
