import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Report } from '../../src-main/contract/report.js';
import { type NiftiImage, readNifti, writeComplexNifti } from '../../src-main/imaging/nifti.js';
import { headerForVolume } from '../../src-main/imaging/nifti-header.js';
import { runJob } from '../../src-main/jobs/run.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const SIDE = 64;
const SLICES = 4;
const COUNT = SIDE * SIDE * SLICES;
const SIGMA = 40;

/** A drawn head of tissue 200 and 500 in air, its phase a ramp: real parts, then imaginary ones. */
function drawnTruth(): Float32Array {
  const parts = new Float32Array(2 * COUNT);
  for (let i = 0; i < COUNT; i++) {
    const x = (2 * (i % SIDE)) / SIDE - 1;
    const y = (2 * (Math.floor(i / SIDE) % SIDE)) / SIDE - 1;
    const inner = Math.hypot(x - 0.1, y + 0.1) < 0.4;
    const magnitude = Math.hypot(x / 0.85, y / 0.9) < 1 ? (inner ? 200 : 500) : 0;
    const phase = 2 * x + y * y;
    parts[i] = magnitude * Math.cos(phase);
    parts[COUNT + i] = magnitude * Math.sin(phase);
  }
  return parts;
}

function imageOf(parts: Float32Array): NiftiImage {
  const volume = volumeOf(new Float32Array(COUNT), [SIDE, SIDE, SLICES]);
  return { volume, parts, header: headerForVolume(volume), littleEndian: true, stored: null };
}

function noisyOf(truth: Float32Array): Float32Array {
  const random = new Random(3);
  return truth.map((value) => value + SIGMA * random.normal());
}

function rms(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
}

describe('a complex NIfTI image', () => {
  it('is read as magnitudes and parts, and comes back as it was', () => {
    const noisy = noisyOf(drawnTruth());
    noisy[5] = Number.NaN;
    const read = readNifti(writeComplexNifti(imageOf(noisy), noisy, { gzip: true }));
    const { volume, parts } = read;
    expect([volume.columns, volume.slices, volume.frames]).toEqual([SIDE, SLICES, 1]);
    expect(volume.data[7]).toBeCloseTo(Math.hypot(noisy[7], noisy[COUNT + 7]), 3);
    expect(volume.measured?.[5]).toBe(0);
    expect(parts?.[COUNT + 9]).toBe(noisy[COUNT + 9]);
    const again = writeComplexNifti(read, parts ?? noisy, { gzip: false });
    const view = new DataView(again.buffer, again.byteOffset);
    expect([view.getInt16(70, true), view.getInt16(72, true)]).toEqual([32, 64]);
    expect(view.getFloat32(352 + 8 * 5, true)).toBeNaN();
    expect(view.getFloat32(352 + 8 * 5 + 4, true)).toBe(noisy[COUNT + 5]);
    expect(view.getFloat32(352 + 8 * 6, true)).toBe(noisy[6]);
  });

  it('is denoised in both parts with the level that its magnitudes tell, without a bias of the air', async () => {
    const root = await temporaryFolder();
    const truth = drawnTruth();
    const noisy = noisyOf(truth);
    await fs.writeFile(path.join(root, 'c.nii.gz'), writeComplexNifti(imageOf(noisy), noisy, { gzip: true }));
    const output = path.join(root, 'out');
    const request = denoiseRequest(path.join(root, 'c.nii.gz'), output, { model: { kind: 'dct' } });
    expect((await runJob(request, () => {})).exitCode).toBe(0);
    const report: Report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    expect(report.series[0].geometry).toMatchObject({ columns: SIDE, slices: SLICES, frames: 1 });
    expect(report.series[0].noise?.distribution).toBe('gaussian');
    expect((report.series[0].noise?.sigma ?? 0) / SIGMA).toBeCloseTo(1, 0.7);
    const made = readNifti(await fs.readFile(path.join(output, 'c_denoised.nii.gz')));
    const { parts } = made;
    if (parts === null) throw new Error('The result is not complex.');
    expect(rms(noisy, truth)).toBeCloseTo(SIGMA, 0);
    expect(rms(parts, truth)).toBeLessThan(0.5 * SIGMA);
    const air = (values: Float32Array) => (values[0] + values[SIDE - 1] + values[COUNT - 1]) / 3;
    // The mean of Rician noise alone is 1.25 of its level.
    expect(air(made.volume.data)).toBeLessThan(0.6 * SIGMA);
    const map = readNifti(await fs.readFile(path.join(output, 'c_error-map.nii.gz')));
    expect([map.parts, map.volume.frames]).toEqual([null, 1]);
    expect(map.volume.data.reduce((sum, value) => sum + value, 0) / COUNT).toBeGreaterThan(0.5);
  });
});
