import type { NamedArray } from '../graph/types.js';
import { decodeCodes, encodeCodes } from '../imaging/code-stream.js';

/** Latents as whole multiples of a step, entropy-coded together, channel after channel. */
export interface RoundedCoding {
  readonly kind: 'rounded';
  readonly step: number;
  /** The smallest multiple, from which on they are counted. */
  readonly channels: readonly { readonly least: number }[];
}

interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/** Numbers that the coder takes. */
const MOST_CODES = 2 ** 16;

/** The latent as it comes back. */
export function roundedLatent({ data, shape }: NamedArray, step: number): NamedArray {
  return { data: data.map((value) => Math.round(value / step) * step), shape };
}

/** @param latents a plane each, [1, rows, columns, channels] */
export function encodeRounded(
  latents: readonly NamedArray[],
  step: number,
): { readonly coding: RoundedCoding; readonly payload: Uint8Array } {
  const [, rows, columns, count] = latents[0].shape;
  const area = rows * columns;
  const length = latents.length * area;
  const numbers = new Uint16Array(count * length);
  const channels = Array.from({ length: count }, (_, channel) => {
    const multiples = new Int32Array(length);
    latents.forEach(({ data }, plane) => {
      for (let i = 0; i < area; i++)
        multiples[plane * area + i] = Math.round(data[i * count + channel] / step);
    });
    const least = multiples.reduce((a, b) => Math.min(a, b));
    for (let i = 0; i < length; i++) numbers[channel * length + i] = multiples[i] - least;
    return { least };
  });
  return { coding: { kind: 'rounded', step, channels }, payload: encodeCodes(numbers) };
}

/** @returns null where the payload does not hold so many */
export function decodeRounded(
  payload: Uint8Array,
  { step, channels }: RoundedCoding,
  planes: number,
  { rows, columns }: Cells,
): NamedArray[] | null {
  const area = rows * columns;
  const count = channels.length;
  const numbers = decodeCodes(payload, count * planes * area);
  if (numbers === null) return null;
  return Array.from({ length: planes }, (_, plane): NamedArray => {
    const data = new Float32Array(area * count);
    channels.forEach(({ least }, channel) => {
      const start = (channel * planes + plane) * area;
      for (let i = 0; i < area; i++)
        data[i * count + channel] = Math.fround((numbers[start + i] + least) * step);
    });
    return { data, shape: [1, rows, columns, count] };
  });
}

/**
 * The coarsest step, a power of two times a start, whose rounding costs no more than `allowed` dB.
 *
 * @param error mean squared error of what comes back of the latents given
 */
export async function stepWithin(
  latents: readonly NamedArray[],
  allowed: number,
  error: (latents: readonly NamedArray[]) => Promise<number>,
): Promise<number> {
  let largest = 0;
  for (const { data } of latents) for (const value of data) largest = Math.max(largest, Math.abs(value));
  const limit = (await error(latents)) * 10 ** (allowed / 10);
  let step = largest > 0 ? largest : 1;
  while ((2 * largest) / step < MOST_CODES / 4) {
    const tried = step;
    if ((await error(latents.map((latent) => roundedLatent(latent, tried)))) <= limit) break;
    step /= 2;
  }
  return step;
}
