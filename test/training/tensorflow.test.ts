import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tensorflowFolder } from '../../src-main/base/home.js';
import { Random } from '../../src-main/base/random.js';
import type { NamedArrays } from '../../src-main/graph/types.js';
import { inferenceDefinition } from '../../src-main/model-files/model-file.js';
import { denoiser } from '../../src-main/models/families/unet.js';
import { initialParameters } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { denoiserPlan, trainDenoiser } from '../../src-main/training/denoiser.js';
import { patchBatches } from '../../src-main/training/samples/batches.js';
import { PatchSampler } from '../../src-main/training/samples/samples.js';

const missing = existsSync(path.join(tensorflowFolder(), 'package.json'))
  ? undefined
  : 'TensorFlow is not set up here: `limpid setup-tensorflow`, or LIMPID_TENSORFLOW=FOLDER';
if (missing !== undefined) console.warn(`skipped: a training on TensorFlow (${missing})`);

const SIDE = 64;
const STEPS = 30;
/** Half of the distance between two float32 numbers near 1. */
const ROUNDING = 6e-8;

describe.skipIf(missing !== undefined)('a training on TensorFlow', () => {
  let onnx: Runtime;
  let tensorflow: Runtime;
  beforeAll(async () => {
    onnx = await openRuntime('cpu', { threads: 1 });
    tensorflow = await openRuntime('tensorflow', { threads: 1 });
  });
  afterAll(async () => {
    await onnx.close();
    await tensorflow.close();
  });

  const random = new Random(1);
  const values = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [y, x] = [Math.floor(i / SIDE), i % SIDE];
    return 20 + 6 * Math.sin(x / 9) * Math.cos(y / 7) + (x % 32 > 16 ? 4 : 0) + random.normal();
  });
  const model = denoiser({ base: 8, mean: 20, scale: 4 });
  const start = initialParameters(model, new Random(11));

  /** The image as it is restored after some steps. */
  async function restored(runtime: Runtime, from: NamedArrays): Promise<Float32Array> {
    const objective = { kind: 'recorrupted', alpha: 0.5, correlation: [0, 0] } as const;
    const plan = {
      ...denoiserPlan(
        model,
        {
          ...{ objective, size: 32, batchSize: 2, steps: STEPS, peakRate: 2e-3 },
          ...{ seed: 11, evaluateEvery: STEPS, patience: 10, images: 'test' },
        },
        from,
      ),
      objective,
    };
    const image = { values, rows: SIDE, columns: SIDE, slices: 1, frames: 1, usable: null };
    const sampler = new PatchSampler(image, { size: 32, context: 0, seed: 1 });
    const { kept } = await trainDenoiser(runtime, model, plan, patchBatches(plan, sampler), from);
    const program = await onnx.compileInference(
      inferenceDefinition(model, kept, { image: [1, SIDE, SIDE, 1] }),
    );
    return Float32Array.from((await program.run({ image: values })).reconstruction);
  }

  // Adam divides by the size of a gradient, so that rounding grows with the steps, on one engine as between two.
  it('parts from the ONNX engine no further than that parts from itself by a rounding at the start', async () => {
    const nudged = Object.fromEntries(
      Object.entries(start).map(([name, { data, shape }]) => [
        name,
        { data: data.map((x, i) => x * (1 + (i % 2 === 0 ? ROUNDING : -ROUNDING))), shape },
      ]),
    );
    const here = await restored(onnx, start);
    const [between, within] = [
      rms(here, await restored(tensorflow, start)),
      rms(here, await restored(onnx, nudged)),
    ];
    expect(rms(here, values)).toBeGreaterThan(0.05);
    expect(between).toBeLessThan(4 * within);
  });
});

function rms(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length);
}
