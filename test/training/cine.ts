import * as fs from 'node:fs';
import { Random } from '../../src-main/base/random.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { CH2, volumeOf } from '../imaging/support.js';

/** A time series with known truth: a real brain that moves and pulsates, under noise of its own in each frame. */
export interface Cine {
  readonly clean: Volume;
  readonly noisy: Volume;
}

export interface CineSettings {
  readonly slices: number;
  readonly frames: number;
  /** Sides of the plane, in pixels of 1 mm. */
  readonly size: number;
  /** Amplitude of the movement in pixels, and share by which brightness pulsates. */
  readonly motion: number;
  readonly pulse: number;
  /** Standard deviation of both channels of the Rician noise. */
  readonly sigma: number;
}

const FRAMES_A_BEAT = 20;

export function brainCine({ slices, frames, size, motion, pulse, sigma }: CineSettings): Cine {
  const brain = readNifti(fs.readFileSync(CH2)).volume;
  const clean = new Float32Array(frames * slices * size * size);
  let at = 0;
  for (let frame = 0; frame < frames; frame++) {
    const phase = (2 * Math.PI * frame) / FRAMES_A_BEAT;
    const gain = 1 + pulse * Math.sin(phase);
    const [down, right] = [motion * Math.sin(phase), 0.5 * motion * Math.cos(phase)];
    for (let slice = 0; slice < slices; slice++)
      for (let y = 0; y < size; y++)
        for (let x = 0; x < size; x++)
          clean[at++] = gain * valueAt(brain, 80 + 2 * slice, 60 + y + down, 40 + x + right);
  }
  const random = new Random(31);
  const noisy = clean.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal()));
  const shape = [size, size, slices, frames] as const;
  return { clean: volumeOf(clean, shape), noisy: volumeOf(noisy, shape) };
}

/** Bilinear in the plane. */
function valueAt({ data, rows, columns }: Volume, slice: number, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const at = (slice * rows + top) * columns + left;
  return (
    (1 - down) * ((1 - right) * data[at] + right * data[at + 1]) +
    down * ((1 - right) * data[at + columns] + right * data[at + columns + 1])
  );
}
