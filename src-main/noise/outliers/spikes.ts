import { fft2, frequencyOf } from '../../base/fft.js';
import { planeLength, sliceView, type Volume } from '../../imaging/volume.js';
import { median } from '../robust.js';
import type { Peers } from './signals.js';

/** Cycles over the field of view under which anatomy that moves changes single frequencies. */
const LOWEST = 4;
/** Frequencies on each side over which the power that is usual is smoothed: it has zeros that move with the anatomy. */
const SMOOTHED = 2;
/** Distance of frequencies that tell what is usual of a frame: stripes of an object spread to those nearer by. */
const APART = 5;
const DIRECTIONS = 16;
/** Power over what is usual from which on it is a spike: of some millions of powers of noise the largest is 20 times it. */
const LEAST_POWER = 40;
/** The same over the whole spectrum at most: what is far under it cannot be seen. */
const FLOOR = 1e-6;

const AROUND = Array.from({ length: DIRECTIONS }, (_, k) => {
  const angle = (2 * Math.PI * k) / DIRECTIONS;
  return [Math.round(APART * Math.cos(angle)), Math.round(APART * Math.sin(angle))] as const;
});

/**
 * Frames with stripes in one slice, ascending: one frequency has far more power than it has in other frames, and than the frequencies around it
 * have. Displacement changes the phase of frequencies and no power; other contrast changes all those around too.
 */
export function stripedFrames(volume: Volume, slice: number, peers: readonly Peers[]): number[] {
  const powers = powersOf(volume, slice);
  return [...powers.keys()].filter((frame) => {
    const others = peers[frame].frames.map((peer) => powers[peer]);
    return isStriped(powers[frame], others, volume);
  });
}

/** Power at each frequency of the slice, frame by frame; two real images are transformed as one complex one. */
function powersOf(volume: Volume, slice: number): Float32Array[] {
  const { frames, columns, rows } = volume;
  const area = planeLength(volume);
  const powers: Float32Array[] = [];
  for (let frame = 0; frame < frames; frame += 2) {
    const second = frame + 1 < frames ? sliceView(volume, slice, frame + 1) : new Float32Array(area);
    const image = {
      re: Float64Array.from(sliceView(volume, slice, frame)),
      im: Float64Array.from(second),
      rows,
      columns,
    };
    fft2(image);
    const { re, im } = image;
    const [a, b] = [new Float32Array(area), new Float32Array(area)];
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const i = y * columns + x;
        const j = ((rows - y) % rows) * columns + ((columns - x) % columns);
        a[i] = ((re[i] + re[j]) ** 2 + (im[i] - im[j]) ** 2) / 4;
        b[i] = ((im[i] + im[j]) ** 2 + (re[i] - re[j]) ** 2) / 4;
      }
    powers.push(a);
    if (frame + 1 < frames) powers.push(b);
  }
  return powers;
}

function isStriped(own: Float32Array, others: readonly Float32Array[], grid: Volume): boolean {
  const { columns, rows } = grid;
  const usual = usualPower(others, grid);
  const ratioAt = (x: number, y: number): number => {
    const i = ((y + rows) % rows) * columns + ((x + columns) % columns);
    return own[i] / usual[i];
  };
  // real images: half of the frequencies tell all
  for (let y = 0; y <= rows >> 1; y++)
    for (let x = 0; x < columns; x++) {
      if (Math.hypot(frequencyOf(x, columns), y) < LOWEST) continue;
      const here = ratioAt(x, y);
      if (here < LEAST_POWER / 2) continue;
      const around = median(AROUND.map(([dx, dy]) => ratioAt(x + dx, y + dy)));
      if (here > LEAST_POWER * Math.max(1 / 2, around)) return true;
    }
  return false;
}

/** Mean power of other frames, at each frequency or around it, whichever is more. */
function usualPower(others: readonly Float32Array[], { columns, rows }: Volume): Float32Array {
  const mean = new Float32Array(columns * rows);
  let total = 0;
  for (const other of others)
    for (let i = 0; i < mean.length; i++) {
      mean[i] += other[i] / others.length;
      total += other[i] / others.length;
    }
  const floor = (FLOOR * total) / mean.length;
  const across = smoothed(mean, columns, 1, columns);
  const both = smoothed(across, rows, columns, columns);
  return mean.map((v, i) => Math.max(v, both[i], floor));
}

/** Running mean along one axis, going round. */
function smoothed(values: Float32Array, length: number, step: number, columns: number): Float32Array {
  return values.map((_, i) => {
    const at = step === 1 ? i % columns : Math.floor(i / columns);
    let sum = 0;
    for (let d = -SMOOTHED; d <= SMOOTHED; d++) sum += values[i + (((at + d + length) % length) - at) * step];
    return sum / (2 * SMOOTHED + 1);
  });
}
