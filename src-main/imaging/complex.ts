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

/**
 * Parts of magnitudes and phases.
 *
 * @param period what a whole turn is in units of the phase
 * @param out twice as long: gets the real parts, then the imaginary ones
 */
export function cartesianOf(
  magnitude: Float32Array,
  phase: Float32Array,
  period: number,
  out: Float32Array,
): void {
  const count = magnitude.length;
  const unit = (2 * Math.PI) / period;
  for (let i = 0; i < count; i++) {
    out[i] = magnitude[i] * Math.cos(phase[i] * unit);
    out[count + i] = magnitude[i] * Math.sin(phase[i] * unit);
  }
}

/** A change of phase that is only the rounding of the way there and back, as a share of a turn. */
const ROUNDING = 1e-6;

/**
 * Magnitudes and phases of parts. A phase is taken in the turn in which that of the source lies, so that one that did
 * not change comes back as it was, and that of nothing stays what it was.
 *
 * @param parts all real parts, then all imaginary ones
 * @param magnitude of the source @param phase of the source: the range of its values is kept
 * @param period as in `cartesianOf`
 */
export function polarOf(
  parts: Float32Array,
  magnitude: Float32Array,
  phase: Float32Array,
  period: number,
): readonly [Float32Array, Float32Array] {
  const count = magnitude.length;
  const low = lowest(phase);
  const [newMagnitude, newPhase] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    const [re, im] = [parts[i], parts[count + i]];
    newMagnitude[i] = Math.hypot(re, im);
    const turned = (Math.atan2(im, re) / (2 * Math.PI)) * period;
    const change = turned - phase[i] - period * Math.round((turned - phase[i]) / period);
    if (newMagnitude[i] === 0 || Math.abs(change) <= ROUNDING * period) {
      newPhase[i] = phase[i];
      continue;
    }
    const value = phase[i] + change;
    newPhase[i] = value < low ? value + period : value >= low + period ? value - period : value;
  }
  return [newMagnitude, newPhase];
}

function lowest(values: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < least) least = value;
  return least;
}
