import { planeLength, type Volume } from './volume.js';

/**
 * The processed volume with every plane of one value (a blank slice, a separator, a stopped scan) as it was in the
 * source: it holds no noise, so nothing that a denoiser made there can be right. The same volume where there is none.
 */
export function withConstantPlanes(source: Volume, processed: Volume): Volume {
  const data = onConstantPlanes(source, processed.data, (plane, start, end) =>
    plane.set(source.data.subarray(start, end)),
  );
  return data === processed.data ? processed : { ...processed, data };
}

/** A map as long as the volume's data, 0 on every plane of one value: nothing is changed there, so no error is made. */
export function zeroOnConstantPlanes(source: Volume, map: Float32Array): Float32Array {
  return onConstantPlanes(source, map, (plane) => plane.fill(0));
}

/** A copy with every plane of one value filled anew; the same values where there is none. */
function onConstantPlanes(
  source: Volume,
  values: Float32Array,
  fill: (plane: Float32Array, start: number, end: number) => void,
): Float32Array {
  const length = planeLength(source);
  let copy: Float32Array | null = null;
  for (let start = 0; start < source.data.length; start += length) {
    const end = start + length;
    if (!isConstant(source, start, end)) continue;
    copy ??= values.slice();
    fill(copy.subarray(start, end), start, end);
  }
  return copy ?? values;
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
