import { Random } from '../../../src-main/base/random.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import type { NoiseModel } from '../../../src-main/noise/domain.js';

/** What the models of older versions in this folder were trained on, and what they denoised. */

const [COLUMNS, ROWS, SLICES] = [24, 20, 4];
const SIGMA = 8;

export const NOISE: NoiseModel = {
  sigma: SIGMA,
  map: null,
  distribution: 'gaussian',
  correlation: { x: 0.2, y: 0.1, z: 0 },
  airMasked: false,
  certain: true,
};

/** A bright disc that grows from slice to slice and brightens from frame to frame, under noise. */
export function drawnVolume(frames: number): Volume {
  const random = new Random(4);
  const area = ROWS * COLUMNS;
  const data = Float32Array.from({ length: area * SLICES * frames }, (_, i) => {
    const [y, x] = [Math.floor(i / COLUMNS) % ROWS, i % COLUMNS];
    const slice = Math.floor(i / area) % SLICES;
    const frame = Math.floor(i / (area * SLICES));
    const inside = (y - 10) ** 2 + (x - 12) ** 2 < (6 + slice) ** 2;
    return 100 + (inside ? 80 + 4 * frame : 0) + SIGMA * random.normal();
  });
  return {
    data,
    columns: COLUMNS,
    rows: ROWS,
    slices: SLICES,
    frames,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}
