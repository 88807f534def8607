import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { inferenceDefinition } from '../../src-main/model-files/model-file.js';
import { denoiser } from '../../src-main/models/families/unet.js';
import type { Autoencoder } from '../../src-main/models/family.js';
import { initialParameters, parameterCount } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { InferenceProgram, Runtime } from '../../src-main/runtime/types.js';

const SIZE = 96;
const SETTINGS = {
  base: 4,
  levels: 3,
  context: 1,
  conditioned: false,
  residual: false,
  topSkip: true,
  mean: 3,
  scale: 2,
};

function withWeights(model: Autoencoder, size: number) {
  const kept = initialParameters(model, new Random(5));
  return inferenceDefinition(model, kept, { image: [1, size, size, model.channels] });
}

describe('unet', () => {
  let runtime: Runtime;
  let program: InferenceProgram;

  beforeAll(async () => {
    runtime = await openRuntime('cpu');
    program = await runtime.compileInference(withWeights(denoiser(SETTINGS), SIZE));
  });
  afterAll(async () => {
    await program.close();
    await runtime.close();
  });

  it('holds eleven 3x3 convolutions with biases', () => {
    const wide = denoiser({ ...SETTINGS, base: 32, context: 0 });
    expect(parameterCount(wide)).toBe(countByHand(32, 1));
  });

  it('does not reach further than its radius, and does reach most of it', async () => {
    const channels = 3;
    const image = new Random(1).normals(new Float32Array(SIZE * SIZE * channels));
    const before = (await program.run({ image })).reconstruction;
    const [row, column] = [49, 50];
    const changed = image.slice();
    for (let c = 0; c < channels; c++) changed[(row * SIZE + column) * channels + c] += 100;
    const after = (await program.run({ image: changed })).reconstruction;
    let reach = 0;
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++)
        if (before[y * SIZE + x] !== after[y * SIZE + x])
          reach = Math.max(reach, Math.abs(y - row), Math.abs(x - column));
    expect(reach).toBeLessThanOrEqual(denoiser(SETTINGS).radius ?? 0);
    expect(reach).toBeGreaterThanOrEqual(18);
  });

  it('is the identity on the centre slice before training in residual form', async () => {
    const residual = await runtime.compileInference(
      withWeights(denoiser({ ...SETTINGS, residual: true }), 16),
    );
    const image = new Random(2).normals(new Float32Array(16 * 16 * 3));
    const { reconstruction } = await residual.run({ image });
    await residual.close();
    for (let i = 0; i < reconstruction.length; i++)
      expect(reconstruction[i]).toBeCloseTo(image[3 * i + 1], 5);
  });

  it('starts from the same weights for the same seed, and from others for another', () => {
    const model = denoiser(SETTINGS);
    const draw = (seed: number) => initialParameters(model, new Random(seed))['down0a.filter'].data;
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

/** Weights and biases of the eleven 3x3 convolutions. */
function countByHand(b: number, input: number): number {
  const pairs = [
    [input, b],
    [b, b],
    [b, 2 * b],
    [2 * b, 2 * b],
    [2 * b, 4 * b],
    [4 * b, 4 * b],
    [4 * b, 2 * b],
    [4 * b, 2 * b],
    [2 * b, b],
    [2 * b, b],
    [b, 1],
  ];
  return pairs.reduce((sum, [from, to]) => sum + 9 * from * to + to, 0);
}
