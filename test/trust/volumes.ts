import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Random } from '../../src-main/base/random.js';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { fileLacks } from '../support/tools.js';

const TEMPLATES = '/usr/share/mricron/templates';
/** Colin27 T1 of Debian's mricron-data: 181 x 217 x 181, 1 mm, an average of 27 scans, so nearly clean. */
export const CH2 = path.join(TEMPLATES, 'ch2.nii.gz');

/** Why tests on ch2 are skipped, or false; printed, so that a skip is never silent. */
export const ch2Missing = fileLacks(CH2, 'mricron-data') || false;

/** Axial slices [from, to) of an uncompressed-type NIfTI-1 of 8-bit voxels, shown as stored (RAS). */
export function readSlices(file: string, from: number, to: number): Volume {
  const bytes = gunzipSync(readFileSync(file));
  const [columns, rows] = [bytes.readInt16LE(42), bytes.readInt16LE(44)];
  const start = bytes.readFloatLE(108) + from * columns * rows;
  const slices = to - from;
  const data = Float32Array.from(bytes.subarray(start, start + columns * rows * slices));
  const [dx, dy, dz] = [bytes.readFloatLE(80), bytes.readFloatLE(84), bytes.readFloatLE(88)];
  // RAS axes in LPS coordinates: x and y change their sign
  const affine = [-dx, 0, 0, 0, 0, -dy, 0, 0, 0, 0, dz, from * dz, 0, 0, 0, 1];
  const spacing = [dx, dy, dz] as const;
  return {
    data,
    columns,
    rows,
    slices,
    frames: 1,
    spacing,
    affine,
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

export function maximumOf(volume: Volume): number {
  return volume.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

/** Independent noise of one level; Rician is the magnitude of the value plus complex Gaussian noise. */
export function withNoise(clean: Volume, sigma: number, kind: 'rician' | 'gaussian', seed: number): Volume {
  const random = new Random(seed);
  const data = clean.data.map((value) => {
    const real = value + sigma * random.normal();
    return kind === 'gaussian' ? real : Math.hypot(real, sigma * random.normal());
  });
  return withData(clean, data);
}

/** In-plane Gaussian blur, sigma in voxels, borders clamped. */
export function blur(volume: Volume, sigma: number): Volume {
  const radius = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const sum = weights.reduce((a, b) => a + b);
  const kernel = weights.map((weight) => weight / sum);
  const { columns, rows } = volume;
  const pass = (data: Float32Array, step: number, length: number, position: (i: number) => number) =>
    data.map((_, i) => {
      const at = position(i);
      let total = 0;
      for (let k = -radius; k <= radius; k++)
        total += kernel[k + radius] * data[i + (Math.min(length - 1, Math.max(0, at + k)) - at) * step];
      return total;
    });
  const across = pass(volume.data, 1, columns, (i) => i % columns);
  return withData(
    volume,
    pass(across, columns, rows, (i) => Math.floor(i / columns) % rows),
  );
}
