import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { principalComponents } from '../../../src-main/base/linear/pca.js';
import { Random } from '../../../src-main/base/random.js';
import type { NamedArrays } from '../../../src-main/graph/types.js';
import { variational } from '../../../src-main/models/families/variational.js';
import { headOf } from '../../../src-main/models/losses.js';
import { rank4 } from '../../../src-main/models/parameters.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import type { Runtime } from '../../../src-main/runtime/types.js';
import { autoencoderLearner } from '../../../src-main/training/learner.js';

const SIDE = 16;
const AREA = SIDE * SIDE;
const COUNT = 64;

/** Discs of two random sizes and brightnesses. */
function discs(random: Random, count: number): Float32Array {
  const data = new Float32Array(count * AREA);
  for (let n = 0; n < count; n++) {
    const [radius, bright] = [4 + 3 * random.uniform(), 0.5 + 0.5 * random.uniform()];
    for (let i = 0; i < AREA; i++)
      if (Math.hypot((i % SIDE) - 7.5, Math.floor(i / SIDE) - 7.5) < radius) data[n * AREA + i] = bright;
  }
  return data;
}

describe('principal components', () => {
  it('are the same from fewer vectors than values and from many', () => {
    const few = discs(new Random(3), 40);
    const many = new Float32Array(few.length * 7);
    for (let i = 0; i < 7; i++) many.set(few, i * few.length);
    const [short, long] = [few, many].map((data) => principalComponents(data, AREA, 4, new Random(1)));
    for (let k = 0; k < 4; k++) {
      expect(short.variances[k]).toBeCloseTo(long.variances[k], 6);
      let along = 0;
      for (let i = 0; i < AREA; i++) along += short.vectors[k * AREA + i] * long.vectors[k * AREA + i];
      expect(Math.abs(along)).toBeCloseTo(1, 4);
    }
  });

  it('are no more than there are vectors, and the rest does no harm', () => {
    const { variances, vectors } = principalComponents(discs(new Random(3), 3), AREA, 6, new Random(1));
    expect(variances.length).toBe(3);
    expect(vectors.every(Number.isFinite)).toBe(true);
    expect(variances[2]).toBeLessThan(1e-9);
  });
});

describe('a variational model of whole planes', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 1 });
  });
  afterAll(() => runtime.close());

  const build = { head: headOf('mse'), size: SIDE };
  const model = variational.build({ base: 4, levels: 2, latent: 6 }, build);
  const examples = { data: discs(new Random(5), 200), shape: [200, SIDE, SIDE, 1] };
  const learner = autoencoderLearner(
    model,
    [{ name: 'mse', weight: 1 }],
    { size: SIDE, batchSize: 4 },
    examples,
  );
  const start = learner.initial(new Random(2));

  async function run(parameters: NamedArrays, latent: Float32Array): Promise<Float32Array> {
    const program = await runtime.compileInference({
      parameters,
      inputs: { latent: [COUNT, 1, 1, 6] },
      apply: (tensors, inputs) => {
        const pass = {
          parameters: tensors,
          buffers: {},
          drawn: null,
          learning: false,
          ramp: null,
          updates: {},
        };
        return { image: model.coder?.decode?.(pass, rank4(inputs.latent)) ?? inputs.latent };
      },
    });
    const { image } = await program.run({ latent });
    await program.close();
    return image;
  }

  it('begins with draws that have the mean and the spread of the images it learns from', async () => {
    const drawn = await run(start, new Random(7).normals(new Float32Array(COUNT * 6)));
    const real = discs(new Random(8), COUNT);
    const moments = (data: Float32Array, at: number) => {
      const values = Array.from({ length: COUNT }, (_, n) => data[n * AREA + at]);
      const mean = values.reduce((a, b) => a + b) / COUNT;
      return [mean, Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / COUNT)];
    };
    // the middle, the rim that only large discs reach, a corner
    for (const at of [7 * SIDE + 7, 7 * SIDE + 13, 0]) {
      const [[mean, spread], [realMean, realSpread]] = [moments(drawn, at), moments(real, at)];
      expect(Math.abs(mean - realMean)).toBeLessThan(0.1);
      expect(Math.abs(spread - realSpread)).toBeLessThan(0.1);
    }
  });
});
