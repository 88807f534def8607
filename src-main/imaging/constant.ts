import { planeLength, type Volume } from './volume.js';

/**
 * The processed volume with every plane of one value (a blank slice, a separator, a stopped scan) as it was in the
 * source: it holds no noise, so nothing that a denoiser made there can be right. The same volume where there is none.
 */
export function withConstantPlanes(source: Volume, processed: Volume): Volume {
  const length = planeLength(source);
  let data: Float32Array | null = null;
  for (let start = 0; start < source.data.length; start += length) {
    if (!isConstant(source, start, start + length)) continue;
    data ??= processed.data.slice();
    data.set(source.data.subarray(start, start + length), start);
  }
  return data === null ? processed : { ...processed, data };
}

/** Over what was measured; a plane of padding alone is one too. */
function isConstant({ data, measured }: Volume, start: number, end: number): boolean {
  let known: number | null = null;
  for (let i = start; i < end; i++) {
    if (measured !== null && measured[i] === 0) continue;
    if (known === null) known = data[i];
    else if (data[i] !== known) return false;
  }
  return true;
}
