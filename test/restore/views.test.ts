import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import type { NoiseModel } from '../../src-main/noise/domain.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { restorerOf } from '../../src-main/restore/restorer.js';
import { planarViews, viewsOf } from '../../src-main/restore/views.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { decodeGeneral } from '../../src-main/training/general.js';

const SHIPPED = new URL('../../assets/models/general.safetensors', import.meta.url);
const NOISE: NoiseModel = {
  sigma: 0.3,
  map: null,
  distribution: 'gaussian',
  correlation: { x: 0, y: 0, z: 0 },
  airMasked: false,
  certain: true,
};
const SIDE = 40;

/** A ball of two shells, the same in all directions, with noise; and without. */
function balls(): { clean: Float32Array; noisy: Volume } {
  const clean = new Float32Array(SIDE ** 3);
  let at = 0;
  for (let z = 0; z < SIDE; z++)
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++, at++) {
        const radius = Math.hypot(x - 19.5, y - 17, z - 21);
        clean[at] = 2 / (1 + Math.exp(radius - 15)) - 1 / (1 + Math.exp(2 * (radius - 7)));
      }
  const noise = new Random(5).normals(new Float32Array(clean.length));
  const noisy: Volume = {
    data: clean.map((value, i) => value + NOISE.sigma * noise[i]),
    columns: SIDE,
    rows: SIDE,
    slices: SIDE,
    frames: 1,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
  return { clean, noisy };
}

describe('views', () => {
  const { clean, noisy } = balls();

  it('run across the slices where voxels are cubes, noise is white and slices are neighbours', () => {
    expect(viewsOf(noisy, NOISE, false, false).map(({ axes }) => axes[0])).toEqual([0, 1, 2]);
    expect(viewsOf({ ...noisy, spacing: [1, 1, 3] }, NOISE, false, false)).toBe(planarViews(false));
    expect(viewsOf(noisy, NOISE, true, false)).toBe(planarViews(false));
    expect(viewsOf({ ...noisy, slices: 8 }, NOISE, false, false)).toBe(planarViews(false));
    expect(viewsOf(noisy, { ...NOISE, correlation: { x: 0.5, y: 0, z: 0 } }, false, false)).toBe(
      planarViews(false),
    );
  });

  it('are one pass where the result is refined', () => {
    const views = viewsOf(noisy, NOISE, false, true);
    expect(views).toEqual([{ axes: [0, 1, 2], symmetries: [0] }]);
    expect(viewsOf({ ...noisy, spacing: [1, 1, 3] }, NOISE, false, true)).toBe(views);
    expect(planarViews(true)).toBe(views);
  });

  describe('of the general denoiser', () => {
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await openRuntime('cpu');
    });
    afterAll(() => runtime.close());

    it('leave less error together than planes of one direction, at the same places', async () => {
      const general = decodeGeneral(fs.readFileSync(SHIPPED));
      const restorer = restorerOf(runtime, general);
      const errorOf = async (views: ReturnType<typeof viewsOf>): Promise<number> => {
        const seen: number[] = [];
        const { denoised } = await denoiseVolume(
          restorer,
          noisy,
          NOISE,
          { strength: 1, seed: 1, views },
          (done, total) => seen.push(done / total),
        );
        expect(seen.at(-1)).toBe(1);
        expect([...seen].sort((a, b) => a - b)).toEqual(seen);
        return denoised.data.reduce((sum, value, i) => sum + (value - clean[i]) ** 2, 0) / clean.length;
      };
      const planes = await errorOf(planarViews(false));
      const across = await errorOf(viewsOf(noisy, NOISE, false, false));
      await restorer.close();
      expect(planes).toBeLessThan(0.1 * NOISE.sigma ** 2);
      expect(across).toBeLessThan(0.9 * planes);
    });
  });
});
