import { type Volume, withData } from '../../src-main/imaging/volume.js';

const SIDE = 8;
const STEP = 2;
const THRESHOLD = 2.7;

/** DCT-II basis, orthonormal. */
const BASIS = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [k, n] = [Math.floor(i / SIDE), i % SIDE];
  return Math.sqrt((k === 0 ? 1 : 2) / SIDE) * Math.cos((Math.PI * (n + 0.5) * k) / SIDE);
});

/**
 * An honest denoiser that needs no training: hard thresholding of overlapping 8 x 8 DCT blocks (Yu and Sapiro, "DCT
 * image denoising", IPOL 2011), every second place, averaged with weights 1 / (1 + coefficients kept).
 */
export function dctDenoised(volume: Volume, sigma: number): Volume {
  const { columns, rows } = volume;
  const area = columns * rows;
  const out = new Float32Array(volume.data.length);
  for (let start = 0; start < out.length; start += area)
    out.set(plane(volume.data.subarray(start, start + area), columns, rows, sigma), start);
  return withData(volume, out);
}

function plane(values: Float32Array, columns: number, rows: number, sigma: number): Float32Array {
  const sum = new Float64Array(values.length);
  const weights = new Float64Array(values.length);
  const block = new Float64Array(SIDE * SIDE);
  const places = (length: number) => {
    const found: number[] = [];
    for (let at = 0; at < length - SIDE; at += STEP) found.push(at);
    return [...found, length - SIDE];
  };
  for (const top of places(rows))
    for (const left of places(columns)) {
      for (let i = 0; i < block.length; i++)
        block[i] = values[(top + Math.floor(i / SIDE)) * columns + left + (i % SIDE)];
      transform(block, false);
      let kept = 0;
      for (let i = 1; i < block.length; i++)
        if (Math.abs(block[i]) < THRESHOLD * sigma) block[i] = 0;
        else kept++;
      transform(block, true);
      const weight = 1 / (1 + kept);
      for (let i = 0; i < block.length; i++) {
        const at = (top + Math.floor(i / SIDE)) * columns + left + (i % SIDE);
        sum[at] += weight * block[i];
        weights[at] += weight;
      }
    }
  return Float32Array.from(sum, (value, i) => value / weights[i]);
}

/** Both axes of a block, in place. */
function transform(block: Float64Array, inverse: boolean): void {
  const line = new Float64Array(SIDE);
  for (const [step, along] of [
    [1, SIDE],
    [SIDE, 1],
  ])
    for (let first = 0; first < SIDE; first++) {
      for (let k = 0; k < SIDE; k++) {
        let total = 0;
        for (let n = 0; n < SIDE; n++)
          total += BASIS[inverse ? n * SIDE + k : k * SIDE + n] * block[first * along + n * step];
        line[k] = total;
      }
      for (let k = 0; k < SIDE; k++) block[first * along + k * step] = line[k];
    }
}
