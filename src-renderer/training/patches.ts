import type { Preview } from '../../src-main/contract/events.js';

/** Patches as planes of size * size: what they are made from, what is to be made of them, and what was. */
export interface Patches {
  readonly size: number;
  readonly input: readonly Float32Array[];
  readonly target: readonly Float32Array[];
}

/** @throws RangeError when the bytes are not those of so many patches */
export function patchesOf(bytes: ArrayBuffer, { count, size }: Pick<Preview, 'count' | 'size'>): Patches {
  const planes = planesOf(bytes, 2 * count, size);
  return { size, input: planes.slice(0, count), target: planes.slice(count) };
}

export function planesOf(bytes: ArrayBuffer, count: number, size: number): Float32Array[] {
  const area = size * size;
  if (bytes.byteLength !== 4 * count * area) throw new RangeError('The patches are not whole.');
  return Array.from({ length: count }, (_, i) => new Float32Array(bytes, 4 * i * area, area));
}

/** Peak signal-to-noise ratio in dB of scaled images, whose peak is 1; null where they are equal. */
export function psnr(image: Float32Array, target: Float32Array): number | null {
  const error = image.reduce((sum, value, i) => sum + (value - target[i]) ** 2, 0) / image.length;
  return error === 0 ? null : -10 * Math.log10(error);
}

/** Mean over patches, of the squared errors; null where all are equal. */
export function meanPsnr(images: readonly Float32Array[], targets: readonly Float32Array[]): number | null {
  const errors = images.map((image, i) => {
    const one = psnr(image, targets[i]);
    return one === null ? 0 : 10 ** (-one / 10);
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return mean === 0 ? null : -10 * Math.log10(mean);
}

/** Grey RGBA of scaled values: 0 is black, 1 is white. */
export function greys(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  return painted(values, (value) => {
    const grey = 255 * value;
    return [grey, grey, grey];
  });
}

/** RGBA of each value through a colour. */
export function painted(
  values: Float32Array,
  colour: (value: number) => readonly [number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => {
    out.set([...colour(value), 255], 4 * i);
  });
  return out;
}
