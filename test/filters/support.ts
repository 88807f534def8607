import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build } from 'vite';
import { assembly } from '../../build/vite.assembly.js';
import { automaticMask, psnr } from '../../src-main/imaging/metrics.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import type { NoiseModel } from '../../src-main/noise/domain.js';
import { CH2, slab } from '../imaging/support.js';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** White noise of one known level. */
export function noiseOf(sigma: number, distribution: NoiseModel['distribution']): NoiseModel {
  return {
    sigma,
    map: null,
    distribution,
    correlation: { x: 0, y: 0, z: 0 },
    airMasked: false,
    certain: true,
  };
}

/** 64 x 56 pixels of slices 32 to 32 + `slices` of ch2: tissue, edges and air. */
export function brain(slices: number): Volume {
  const whole = slab(readNifti(new Uint8Array(gunzipSync(fs.readFileSync(CH2)))).volume, 32, 32 + slices);
  const [columns, rows] = [64, 56];
  const data = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const x = 30 + (i % columns);
    const y = 20 + (Math.floor(i / columns) % rows);
    return whole.data[(Math.floor(i / (columns * rows)) * whole.rows + y) * whole.columns + x];
  });
  return { ...whole, data, columns, rows };
}

/** PSNR in tissue; dB. */
export function quality(clean: Volume, test: Volume): number {
  const peak = clean.data.reduce((high, value) => Math.max(high, value), 0);
  return psnr(clean.data, test.data, automaticMask(clean.data), peak);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** Builds the thread's script from the sources, so that tests never run on an older build. */
export async function buildWorker(): Promise<{ url: URL; remove: () => void }> {
  const outDir = path.join(ROOT, 'node_modules/.cache', `limpid-classical-worker-${process.pid}`);
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    plugins: [assembly()],
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        input: { 'classical-worker': path.join(ROOT, 'src-main/filters/worker.ts') },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  });
  return {
    url: pathToFileURL(path.join(outDir, 'classical-worker.js')),
    remove: () => fs.rmSync(outDir, { recursive: true, force: true }),
  };
}
