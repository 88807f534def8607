/** Complex images as two images of real values: their noise is Gaussian, and the same in both. */

/** @param pairs a real and an imaginary part after the other; @returns all real parts, then all imaginary ones */
export function partsOf(pairs: Float32Array): Float32Array {
  const count = pairs.length / 2;
  const parts = new Float32Array(pairs.length);
  for (let i = 0; i < count; i++) {
    parts[i] = pairs[2 * i];
    parts[count + i] = pairs[2 * i + 1];
  }
  return parts;
}

/** @param parts all real parts, then all imaginary ones; @returns half as many magnitudes */
export function magnitudeOf(parts: Float32Array): Float32Array {
  const count = parts.length / 2;
  const magnitude = new Float32Array(count);
  for (let i = 0; i < count; i++) magnitude[i] = Math.hypot(parts[i], parts[count + i]);
  return magnitude;
}
