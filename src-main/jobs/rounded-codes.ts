import type { NamedArray } from '../graph/types.js';
import { decodeCodes, encodeCodes } from '../imaging/code-stream.js';

/** Latents as whole multiples of a step, entropy-coded channel by channel. */
export interface RoundedCoding {
  readonly kind: 'rounded';
  readonly step: number;
  /** The smallest multiple, how many there are from there on, and bytes of the payload. */
  readonly channels: readonly { readonly least: number; readonly codes: number; readonly bytes: number }[];
}

interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/** What the coder counts with. */
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
  const streams = Array.from({ length: count }, (_, channel) => {
    const multiples = new Int32Array(latents.length * area);
    latents.forEach(({ data }, plane) => {
      for (let i = 0; i < area; i++)
        multiples[plane * area + i] = Math.round(data[i * count + channel] / step);
    });
    const least = multiples.reduce((a, b) => Math.min(a, b));
    const codes = multiples.reduce((a, b) => Math.max(a, b)) - least + 1;
    const indices = Uint16Array.from(multiples, (value) => value - least);
    const planes = { indices, planes: latents.length, rows, columns, codes, zero: -least };
    return { least, codes, stream: encodeCodes(planes) };
  });
  return {
    coding: {
      kind: 'rounded',
      step,
      channels: streams.map(({ least, codes, stream }) => ({ least, codes, bytes: stream.length })),
    },
    payload: Buffer.concat(streams.map(({ stream }) => stream)),
  };
}

export function decodeRounded(
  payload: Uint8Array,
  { step, channels }: RoundedCoding,
  planes: number,
  { rows, columns }: Cells,
): NamedArray[] {
  const area = rows * columns;
  const count = channels.length;
  const latents = Array.from(
    { length: planes },
    (): NamedArray => ({ data: new Float32Array(area * count), shape: [1, rows, columns, count] }),
  );
  let at = 0;
  channels.forEach(({ least, codes, bytes }, channel) => {
    const stream = payload.subarray(at, at + bytes);
    at += bytes;
    const indices = decodeCodes(stream, { planes, rows, columns, codes, zero: -least });
    latents.forEach(({ data }, plane) => {
      for (let i = 0; i < area; i++)
        data[i * count + channel] = Math.fround((indices[plane * area + i] + least) * step);
    });
  });
  return latents;
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
