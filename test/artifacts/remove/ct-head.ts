import { Random } from '../../../src-main/base/random.js';

/**
 * A plane of a head in HU, not in the middle of the image, with skull, ventricles, a bleeding and noise of 4 HU.
 *
 * @returns side * side values
 */
export function ctHead(side: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    return valueAt(x, y) + 4 * random.normal();
  });
}

function valueAt(x: number, y: number): number {
  const inside = (cx: number, cy: number, rx: number, ry: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  if (!inside(0.52, 0.49, 0.35, 0.43)) return -1000;
  if (!inside(0.52, 0.49, 0.33, 0.41)) return 30;
  if (!inside(0.52, 0.49, 0.3, 0.38)) return 900;
  if (inside(0.45, 0.45, 0.04, 0.12) || inside(0.59, 0.45, 0.04, 0.12)) return 5;
  if (inside(0.66, 0.62, 0.05, 0.04)) return 65;
  return 36;
}
