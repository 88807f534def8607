import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { UnitNoiseImage } from '../../src-main/noise/domain.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { levelFactor } from '../../src-main/training/level.js';

const SIDE = 64;
const OPTIONS = { seed: 1, steps: 60, objective: 'recorrupted', only2d: true } as const;

/** A smooth scene whose noise has standard deviation `noise` in units of the guess. */
function image(noise: number): UnitNoiseImage {
  const random = new Random(3);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    return 10 + 2 * Math.sin(x / 9) * Math.cos(y / 7) + noise * random.normal();
  });
  const shape = { rows: SIDE, columns: SIDE, slices: 1, frames: 1 };
  return { values, ...shape, usable: null, correlation: [0, 0], certain: false };
}

describe('the level that training settles', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
  });
  afterAll(() => runtime.close());

  it('leaves a right guess alone', async () => {
    expect(await levelFactor(runtime, image(1), OPTIONS)).toBe(1);
  });

  it('lowers a guess that is five times too high', async () => {
    const factor = await levelFactor(runtime, image(0.2), OPTIONS);
    expect(factor).toBeLessThan(0.8);
  });
});
