import { Random } from '../../src-main/base/random.js';

/** What the U-Net step is fed at step `at`: noise, and a target that it can learn. */
export function trainingFeeds(length: number, at: number, rate = 3e-3): Record<string, Float32Array> {
  const x = new Random(100 + at).normals(new Float32Array(length));
  return { x, y: x.map((value) => 0.5 * value + 0.1), rate: Float32Array.of(rate) };
}
