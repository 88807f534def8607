import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { decodeMetadata, encodeModel } from '../../src-main/graph/onnx.js';
import { adoptForeign } from '../../src-main/model-files/foreign.js';
import { exportModel, openModelFile, readModelWeights } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { applyToPlane, decodeLatent, encodePlane, scaledStack } from '../../src-main/restore/apply.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { volumeOf } from '../imaging/support.js';
import { planFor, squares } from '../training/brain.js';

const [COLUMNS, ROWS, SLICES] = [50, 44, 8];

function scene() {
  const data = Float32Array.from({ length: COLUMNS * ROWS * SLICES }, (_, i) => {
    const [x, y] = [i % COLUMNS, Math.floor(i / COLUMNS) % ROWS];
    return 300 + 200 * Math.sin(x / 7) * Math.cos(y / 6);
  });
  return volumeOf(data, [COLUMNS, ROWS, SLICES]);
}

describe('a model file of a family', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
  });
  afterAll(() => runtime.close());

  async function exported(
    family: string,
    settings: Readonly<Record<string, number>>,
    whole: boolean,
  ): Promise<Uint8Array> {
    const split = splitCorpus([corpusSeries(scene(), 'one', null)], 0.25, new Random(1));
    const corpus = whole ? squares(split, 32) : split;
    const trained = await trainFamily(runtime, corpus, planFor(family, { steps: 80, settings }));
    const data = { series: 1, trainingPlanes: 4, heldOutPlanes: 2, modalities: ['MR'], noise: null };
    const card = modelCard(trained, { version: '0', device: 'cpu', data }, whole ? 32 : null);
    return exportModel(trained, card);
  }

  async function opened(family: string, settings: Readonly<Record<string, number>>, whole: boolean) {
    return openModelFile(runtime, await exported(family, settings, whole));
  }

  it.each([
    ['plain', { latent: 8, hidden: 16 }, false],
    ['variational', { base: 4, levels: 2, latent: 8 }, true],
  ] as const)('%s rebuilds planes of any size', async (family, settings, whole) => {
    const model = await opened(family, settings, whole);
    const stack = scaledStack(scene());
    const reconstruction = await applyToPlane(model, stack, 3);
    expect(reconstruction.length).toBe(ROWS * COLUMNS);
    const plane = stack.values.subarray(3 * ROWS * COLUMNS, 4 * ROWS * COLUMNS);
    const error = plane.reduce((sum, value, i) => sum + (value - reconstruction[i]) ** 2, 0) / plane.length;
    expect(error).toBeLessThan(0.05);
    const decoded = await decodeLatent(model, (await encodePlane(model, stack, 3)).latent);
    expect([decoded.rows % model.card.input.multiple, decoded.columns % model.card.input.multiple]).toEqual([
      0, 0,
    ]);
    const wrong = { data: new Float32Array(7), shape: [1, 1, 1, 7] };
    await expect(decodeLatent(model, wrong)).rejects.toMatchObject({ code: 'E_MODEL' });
    await model.close();
  });

  it('is refused where one byte of its weights or its card was changed', async () => {
    const bytes = await exported('plain', { latent: 8, hidden: 16 }, false);
    const damaged = async (at: number) => {
      const changed = bytes.slice();
      changed[at] ^= 1;
      const open = openModelFile(runtime, changed);
      await expect(open).rejects.toMatchObject({
        code: 'E_MODEL',
        message: expect.stringContaining('damaged'),
      });
    };
    // the lowest bit of a weight: ONNX Runtime takes it without a word
    const values = Object.values(readModelWeights(bytes).weights).flatMap(({ data }) => [...data]);
    const [weight] = values.filter((value) => ![0, 1].includes(value));
    const at = Buffer.from(bytes).indexOf(Buffer.from(new Float32Array([weight]).buffer));
    expect(at).toBeGreaterThan(0);
    await damaged(at);
    await damaged(Buffer.from(bytes).indexOf('"intendedUse"') + 20);
  });

  it('of others is refused where it was changed after it was adopted', async () => {
    const original = foreignModel(0.25, 1);
    const foreign = { layout: 'auto', gives: 'image', white: 255 } as const;
    const { bytes } = adoptForeign(original, await runtime.loadModel(original), foreign, 'limpid');
    const changed = bytes.slice();
    changed[Buffer.from(bytes).indexOf(Buffer.from(new Float32Array([0.25]).buffer)) + 1] ^= 1;
    await expect(openModelFile(runtime, changed)).rejects.toMatchObject({ code: 'E_MODEL' });
  });

  /** out = x times `factor`, by a 1x1 convolution, as a published network in NCHW would come. */
  function foreignModel(factor: number, channels: number): Uint8Array {
    const weights = new Uint8Array(Float32Array.from({ length: channels * channels }, () => factor).buffer);
    return encodeModel({
      nodes: [{ type: 'Conv', inputs: ['x', 'w'], output: 'y', attributes: { kernel_shape: [1, 1] } }],
      initializers: [{ name: 'w', dims: [channels, channels, 1, 1], type: 'float32', bytes: weights }],
      inputs: [{ name: 'x', dims: [1, channels, 'h', 'w'] }],
      outputs: [{ name: 'y', dims: [1, channels, 'h', 'w'] }],
    });
  }

  it.each([
    ['image', 0.25],
    ['noise', 0.75],
  ] as const)('of others that gives the %s is adopted with a card', async (gives, factor) => {
    const bytes = foreignModel(factor, 1);
    const loaded = await runtime.loadModel(bytes);
    const adopted = adoptForeign(bytes, loaded, { layout: 'auto', gives, white: 255 }, 'limpid');
    expect(Object.keys(decodeMetadata(adopted.bytes))).toContain('limpid');
    const model = await openModelFile(runtime, adopted.bytes);
    expect(model.card.foreign).toEqual({ layout: 'nchw', gives, white: 255 });
    const image = Float32Array.from({ length: 16 * 32 }, (_, i) => i / 512);
    const { reconstruction } = await model.run(image, 16, 32);
    for (let i = 0; i < image.length; i++) expect(reconstruction.data[i]).toBeCloseTo(image[i] / 4, 5);
  });

  it('of others with three channels is refused', async () => {
    const bytes = foreignModel(1, 3);
    const loaded = await runtime.loadModel(bytes);
    const adopt = () => adoptForeign(bytes, loaded, { layout: 'auto', gives: 'image', white: 1 }, 'limpid');
    expect(adopt).toThrow(expect.objectContaining({ code: 'E_MODEL' }));
  });

  it('that lost its card or holds a damaged one is refused', async () => {
    const bytes = foreignModel(1, 1);
    await expect(openModelFile(runtime, bytes)).rejects.toMatchObject({ code: 'E_MODEL' });
    await expect(openModelFile(runtime, bytes.subarray(0, 40))).rejects.toMatchObject({ code: 'E_MODEL' });
  });
});
