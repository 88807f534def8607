import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { CONDITIONS } from '../../src-main/models/family.js';
import { type NoiseModel, toUnitNoise } from '../../src-main/noise/domain.js';
import { denoiseVolume } from '../../src-main/restore/denoise.js';
import { restorerOf } from '../../src-main/restore/restorer.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { adapt } from '../../src-main/training/adapt.js';
import { decodeGeneral } from '../../src-main/training/general.js';
import { proceduralBatches } from '../../src-main/training/procedural/batches.js';
import { type ProceduralKind, proceduralVolume } from '../../src-main/training/procedural/volume.js';
import { decodeWeights, encodeWeights } from '../../src-main/training/weights.js';

const SHIPPED = new URL('../../assets/models/general.safetensors', import.meta.url);
const NOISE: NoiseModel = {
  sigma: 0.1,
  map: null,
  distribution: 'gaussian',
  correlation: { x: 0, y: 0, z: 0 },
  airMasked: false,
  certain: true,
};

/** A procedural volume that no training saw, and the same with noise of sigma 0.1. */
function noisyPair(side = 64, kind: ProceduralKind = 'leaves', number = 0) {
  const grid = { columns: side, rows: side, slices: 5 };
  const { values } = proceduralVolume(grid, new Random(977 + number).fork('test'), kind);
  const noise = new Random(978 + number).normals(new Float32Array(values.length));
  const volume = {
    ...grid,
    frames: 1,
    spacing: [1, 1, 1] as const,
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
  return {
    clean: values,
    noisy: { ...volume, data: values.map((value, i) => value + NOISE.sigma * noise[i]) },
  };
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

describe('safetensors', () => {
  const weights = {
    'a.filter': { data: Float32Array.of(1, -2, 3.5, 4, 5, 6), shape: [2, 3] },
    b: { data: Float32Array.of(7), shape: [] },
  };

  it('come back as they were, with their metadata', () => {
    expect(decodeWeights(encodeWeights(weights, { card: 'x é' }))).toEqual({
      weights,
      metadata: { card: 'x é' },
    });
  });

  it('are refused when they are cut short or something else', () => {
    const whole = encodeWeights(weights);
    for (const bytes of [whole.subarray(0, whole.length - 4), whole.subarray(0, 12), Buffer.from('no model')])
      expect(() => decodeWeights(bytes)).toThrow(expect.objectContaining({ code: 'E_MODEL' }));
    expect(() => decodeGeneral(whole)).toThrow(expect.objectContaining({ code: 'E_MODEL' }));
  });
});

describe('procedural images', () => {
  it('are the same for the same seed, of unit deviation, and differ from one another', () => {
    const grid = { columns: 48, rows: 48, slices: 5 };
    const draw = (seed: number) => proceduralVolume(grid, new Random(seed));
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3).values).not.toEqual(draw(4).values);
    const { values, mean } = draw(3);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(variance).toBeCloseTo(1, 2);
  });

  it('give the batches of a step whether or not the steps before it were run', () => {
    const make = () => proceduralBatches({ size: 32, count: 2, context: 1, seed: 5 });
    const unbroken = make();
    for (const step of [0, 8]) unbroken.batch(new Random(step), 'training', step);
    expect(unbroken.batch(new Random(40), 'training', 16)).toEqual(
      make().batch(new Random(40), 'training', 16),
    );
  });

  it('carry noise of standard deviation 1 and say its level', () => {
    const source = proceduralBatches({ size: 32, count: 8, context: 0, seed: 6 });
    let sum = 0;
    let count = 0;
    let [lowest, highest] = [1, 0];
    for (let step = 0; step < 6; step++) {
      const { input, target, weight } = source.batch(new Random(step), 'training', step);
      const channels = 1 + CONDITIONS.length;
      for (let i = 0; i < target.length; i++) {
        lowest = Math.min(lowest, input[i * channels + 1]);
        highest = Math.max(highest, input[i * channels + 1]);
        if (weight[i] === 0) continue;
        sum += (input[i * channels] - target[i]) ** 2;
        count++;
      }
    }
    expect(lowest).toBeGreaterThan(0);
    expect(highest).toBeLessThanOrEqual(1);
    expect(sum / count).toBeGreaterThan(0.93);
    expect(sum / count).toBeLessThan(1.1);
  });
});

describe('the general denoiser', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu');
  });
  afterAll(() => runtime.close());
  const general = decodeGeneral(fs.readFileSync(SHIPPED));

  it('removes most of the noise of images that no training saw', async () => {
    const restorer = restorerOf(runtime, general);
    const left: number[] = [];
    for (const kind of ['leaves', 'anatomy'] as const)
      for (let number = 0; number < 6; number++) {
        const { clean, noisy } = noisyPair(64, kind, number);
        const { denoised } = await denoiseVolume(restorer, noisy, NOISE, { strength: 1, seed: 1 });
        left.push(meanSquare(denoised.data, clean) / NOISE.sigma ** 2);
      }
    await restorer.close();
    expect(left.reduce((sum, share) => sum + share, 0) / left.length).toBeLessThan(0.27);
    expect(Math.max(...left)).toBeLessThan(0.75);
  });

  it('gives the same slice whatever its neighbours hold, when they are no neighbours', async () => {
    const { noisy } = noisyPair();
    const area = noisy.rows * noisy.columns;
    const other = { ...noisy, data: noisy.data.slice() };
    other.data.subarray(0, 2 * area).reverse();
    const restorer = restorerOf(runtime, general);
    const options = { strength: 1, seed: 1, only2d: true };
    const middle = async (volume: typeof noisy) => {
      const { denoised } = await denoiseVolume(restorer, volume, NOISE, options);
      return denoised.data.slice(2 * area, 3 * area);
    };
    expect(await middle(other)).toEqual(await middle(noisy));
    await restorer.close();
  });

  it('is kept as it is where adapting judges no better, and says what was judged', async () => {
    const { noisy } = noisyPair(112);
    const image = toUnitNoise(noisy, NOISE);
    const { before, after, kept, model } = await adapt(runtime, general, image, {
      seed: 1,
      steps: 4,
      only2d: false,
    });
    expect(kept).toBe(after < before);
    expect(model.kept === general.kept).toBe(!kept);
    // the target carries 1 / alpha^2 = 4 times the noise, which no network can remove, scaled by 1 + alpha^2
    expect(before).toBeGreaterThan(3.2);
  });
});
