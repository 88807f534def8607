import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { runJob } from '../../src-main/jobs/run.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

/** Two tissues and air, each of one value: no noise can be measured. */
const SIDE = 64;
const DATA = Float32Array.from({ length: SIDE * SIDE * 4 }, (_, i) => {
  const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
  const radius = Math.hypot(x - 31.5, y - 31.5);
  return radius > 26 ? 0 : radius > 14 ? 300 : 500;
});

describe('a series without noise', () => {
  it.each(['nlm', 'dct', 'general', 'self', 'auto'] as const)('comes back as it is from %s', async (kind) => {
    const root = await temporaryFolder();
    const file = path.join(root, 'clean.nii');
    await fs.writeFile(file, writeNiftiFromVolume(volumeOf(DATA, [SIDE, SIDE, 4]), { gzip: false }));
    const output = path.join(root, 'out');
    const result = await runJob(
      denoiseRequest(file, output, { model: { kind }, adapt: 'off', errorMap: false }),
      () => {},
    );
    expect(result).toMatchObject({ exitCode: 0, series: [{ status: 'done', problem: null }] });
    const { data } = readNifti(await fs.readFile(path.join(output, 'clean_denoised.nii.gz'))).volume;
    expect(data).toEqual(DATA);
    const { series } = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    expect(series[0].warnings).toContainEqual(expect.objectContaining({ code: 'W_CLEAN' }));
  });
});
