import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import type { NamedArrays } from '../../../src-main/graph/types.js';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { masked } from '../../../src-main/models/families/masked.js';
import type { Autoencoder } from '../../../src-main/models/family.js';
import { headOf } from '../../../src-main/models/losses.js';
import { rank4 } from '../../../src-main/models/parameters.js';
import { openRuntime } from '../../../src-main/runtime/device.js';
import type { Runtime } from '../../../src-main/runtime/types.js';
import { autoencoderLearner } from '../../../src-main/training/learner.js';
import { trainLearner } from '../../../src-main/training/loop.js';
import { ADAM } from '../../../src-main/training/optimiser.js';
import type { BatchSource } from '../../../src-main/training/samples/batches.js';
import { CH2, fileLacks } from '../../imaging/support.js';

const SIZE = 48;
const PATCH = 8;
const GRID = SIZE / PATCH;
const BATCH = 16;
const lacks = fileLacks(CH2, 'mricron-data');
const build = { head: headOf('mse'), size: SIZE };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu');
});
afterAll(() => runtime.close());

/** Squares of brain slices; every tenth slice is held out, with its neighbours. */
function brainSquares(): BatchSource {
  const { volume } = readNifti(fs.readFileSync(CH2));
  const { rows, columns, data } = volume;
  const slices = Array.from({ length: 100 }, (_, i) => 40 + i);
  const pools = {
    training: slices.filter((slice) => slice % 20 < 17),
    heldOut: slices.filter((slice) => slice % 20 === 18),
  };
  return {
    batch(random, part) {
      const input = new Float32Array(BATCH * SIZE * SIZE);
      for (let n = 0; n < BATCH; n++) {
        const slice = pools[part][random.integer(pools[part].length)];
        const row = 20 + random.integer(rows - SIZE - 40);
        const column = 20 + random.integer(columns - SIZE - 40);
        for (let y = 0; y < SIZE; y++)
          for (let x = 0; x < SIZE; x++)
            input[(n * SIZE + y) * SIZE + x] = data[(slice * rows + row + y) * columns + column + x] / 160;
      }
      return { input, target: input, weight: new Float32Array(input.length).fill(1) };
    },
  };
}

/** What the model makes of images of which only the patches that come first in `order` are visible. */
async function rebuild(
  model: Autoencoder,
  kept: NamedArrays,
  images: Float32Array,
  order: Float32Array | null,
): Promise<Float32Array> {
  const program = await runtime.compileInference({
    parameters: kept,
    inputs: { image: [BATCH, SIZE, SIZE, 1], ...(order === null ? {} : { order: [BATCH, GRID * GRID] }) },
    apply: (parameters, inputs) => {
      const drawn = order === null ? null : { order: inputs.order };
      const pass = { parameters, buffers: {}, drawn, learning: false, ramp: null, updates: {} };
      return { out: model.forward(pass, rank4(inputs.image)).raw };
    },
  });
  const { out } = await program.run({ image: images, ...(order === null ? {} : { order }) });
  await program.close();
  return out;
}

/** Hidden pixels as the mean of the visible ones, and as the nearest visible pixel. */
function fills(images: Float32Array, order: Float32Array, visible: number) {
  const mean = images.slice();
  const nearest = images.slice();
  const isHidden = new Uint8Array(images.length);
  for (let n = 0; n < BATCH; n++) {
    const ranks = Array.from(order.subarray(n * GRID * GRID, (n + 1) * GRID * GRID), (value, i) => ({
      value,
      i,
    }));
    const seen = ranks.sort((a, b) => a.value - b.value).slice(0, visible);
    const shown = new Set(seen.map(({ i }) => i));
    const at = (y: number, x: number) => (n * SIZE + y) * SIZE + x;
    const patchOf = (y: number, x: number) => Math.floor(y / PATCH) * GRID + Math.floor(x / PATCH);
    const places: [number, number][] = [];
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++) if (shown.has(patchOf(y, x))) places.push([y, x]);
    const average = places.reduce((sum, [y, x]) => sum + images[at(y, x)], 0) / places.length;
    for (let y = 0; y < SIZE; y++)
      for (let x = 0; x < SIZE; x++) {
        if (shown.has(patchOf(y, x))) continue;
        isHidden[at(y, x)] = 1;
        mean[at(y, x)] = average;
        let least = Number.POSITIVE_INFINITY;
        for (const [v, u] of places) {
          const distance = (v - y) ** 2 + (u - x) ** 2;
          if (distance >= least) continue;
          least = distance;
          nearest[at(y, x)] = images[at(v, u)];
        }
      }
  }
  return { mean, nearest, isHidden };
}

function error(images: Float32Array, test: Float32Array, where: Uint8Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < images.length; i++)
    if (where[i] === 1) {
      sum += (test[i] - images[i]) ** 2;
      count++;
    }
  return sum / count;
}

describe('the masked family', () => {
  it.skipIf(lacks !== '')(
    'rebuilds three quarters of held-out slices better than their mean and than the nearest pixel',
    async () => {
      const model = masked.build({ width: 64, depth: 2, decoderWidth: 64 }, build);
      const source = brainSquares();
      const learner = autoencoderLearner(
        model,
        [{ name: 'mse', weight: 1 }],
        { size: SIZE, batchSize: BATCH },
        null,
      );
      const loop = { steps: 400, peakRate: 2e-3, warmupSteps: 30, optimiser: ADAM, seed: 3 };
      const { parameters, curve } = await trainLearner(
        runtime,
        learner,
        { ...loop, evaluateEvery: 100, patience: 10 },
        'masked',
        source,
      );
      const random = new Random(77);
      const images = source.batch(random, 'heldOut', 0).input;
      const order = Float32Array.from({ length: BATCH * GRID * GRID }, () => random.uniform());
      const { mean, nearest, isHidden } = fills(images, order, GRID * GRID * 0.25);
      const rebuilt = await rebuild(model, parameters, images, order);
      const own = error(images, rebuilt, isHidden);
      expect(own).toBeLessThan(0.85 * error(images, mean, isHidden));
      expect(own).toBeLessThan(error(images, nearest, isHidden));
      expect(curve.at(-1)?.measures?.hiddenError).toBeGreaterThan(0);
      // what is visible comes back as it is
      const visible = isHidden.map((hidden) => 1 - hidden);
      expect(error(images, rebuilt, visible)).toBe(0);
      // without a draw every patch is rebuilt from others, none is copied
      const whole = await rebuild(model, parameters, images, null);
      expect(error(images, whole, visible)).toBeGreaterThan(0.1 * own);
      expect(error(images, whole, isHidden)).toBeLessThan(1.2 * own);
    },
  );

  it('does not let a hidden patch reach the encoder', async () => {
    const model = masked.build({ width: 16, depth: 1, heads: 2, decoderWidth: 16 }, build);
    const learner = autoencoderLearner(
      model,
      [{ name: 'mse', weight: 1 }],
      { size: SIZE, batchSize: BATCH },
      null,
    );
    const parameters = learner.initial(new Random(1));
    const random = new Random(2);
    const images = Float32Array.from({ length: BATCH * SIZE * SIZE }, () => random.uniform());
    const order = Float32Array.from({ length: BATCH * GRID * GRID }, () => random.uniform());
    const { isHidden } = fills(images, order, GRID * GRID * 0.25);
    const changed = images.map((value, i) => (isHidden[i] === 1 ? 1 - value : value));
    const [a, b] = [
      await rebuild(model, parameters, images, order),
      await rebuild(model, parameters, changed, order),
    ];
    expect(error(a, b, isHidden)).toBe(0);
    expect(isHidden.reduce((sum, hidden) => sum + hidden, 0) / isHidden.length).toBeCloseTo(0.75, 5);
  });

  it('starts as the identity where nothing is hidden', async () => {
    const model = masked.build({ hidden: 0, width: 16, depth: 1, heads: 2 }, build);
    expect(model.tasks).toContain('denoise');
    const learner = autoencoderLearner(
      model,
      [{ name: 'mse', weight: 1 }],
      { size: SIZE, batchSize: BATCH },
      null,
    );
    const random = new Random(4);
    const images = Float32Array.from({ length: BATCH * SIZE * SIZE }, () => random.uniform());
    expect(await rebuild(model, learner.initial(random), images, null)).toEqual(images);
  });

  it('refuses sizes that do not divide', () => {
    for (const settings of [{ patch: 7 }, { width: 30 }, { heads: 5 }])
      expect(() => masked.build(settings, build)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });
});
