import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emitInference } from '../../src-main/graph/emit/trace.js';
import { decodeMetadata, encodeModel } from '../../src-main/graph/onnx.js';
import type { InferenceDefinition } from '../../src-main/graph/types.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { forward, initialWeights } from '../graph/unet.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(async () => {
  await runtime.close();
});

const definition: InferenceDefinition = {
  parameters: initialWeights(4, 1),
  inputs: { image: [1, 16, 16, 1] },
  apply: (weights, { image }) => ({ clean: forward(4, weights, image) }),
};
const image = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 0.7));

describe('model files', () => {
  it('carry metadata, names and logical shapes, and compute what the compiled function computes', async () => {
    const metadata = { family: 'unet', note: 'σ in units of the image', empty: '' };
    const model = await runtime.loadModel(emitInference(definition, 'cpu', metadata));
    expect(model.metadata).toEqual(metadata);
    expect(model.inputShapes).toEqual({ image: [1, 16, 16, 1] });
    expect(model.outputShapes).toEqual({ clean: [1, 16, 16, 1] });
    const compiled = await runtime.compileInference(definition);
    const { clean } = await model.run({ image });
    expect(clean).toEqual((await compiled.run({ image })).clean);
    const shaped = await model.runShaped({ image: { data: image, shape: [1, 16, 16, 1] } });
    expect(shaped.clean).toEqual({ data: clean, shape: [1, 16, 16, 1] });
  });

  it('are the same bytes when emitted again', () => {
    expect(emitInference(definition, 'cpu')).toEqual(emitInference(definition, 'cpu'));
  });

  it('that are no models are refused with E_MODEL', async () => {
    const model = emitInference(definition, 'cpu');
    const unknown = encodeModel({
      nodes: [{ type: 'NoSuchOperator', inputs: ['x'], output: 'y', attributes: {} }],
      initializers: [],
      inputs: [{ name: 'x', dims: [1] }],
      outputs: [{ name: 'y', dims: [1] }],
    });
    for (const bytes of [new Uint8Array(), new Uint8Array(64).fill(255), model.slice(0, 500), unknown])
      await expect(runtime.loadModel(bytes)).rejects.toMatchObject({ code: 'E_MODEL' });
  });

  it('refuse inputs that do not fill their shape', async () => {
    const model = await runtime.loadModel(emitInference(definition, 'cpu'));
    await expect(model.run({ image: image.subarray(1) })).rejects.toMatchObject({ code: 'E_SHAPE' });
    await expect(model.run({})).rejects.toMatchObject({ code: 'E_SHAPE' });
  });

  it('have metadata that other fields do not disturb', () => {
    const bytes = emitInference(definition, 'webgpu', { a: '1', b: '2' });
    expect(decodeMetadata(bytes)).toEqual({ a: '1', b: '2' });
  });
});

describe('what cannot be traced', () => {
  const tracing = (apply: (x: tf.Tensor) => tf.Tensor) => () =>
    emitInference({ parameters: {}, inputs: { x: [4, 4] }, apply: (_, { x }) => ({ y: apply(x) }) }, 'cpu');

  it('names the operator', () => {
    expect(tracing((x) => tf.atan(x))).toThrow(expect.objectContaining({ code: 'E_OPERATOR' }));
    expect(tracing((x) => tf.atan(x))).toThrow(/Atan/);
  });

  it('names the missing gradient', () => {
    const gradient = tracing((x) => tf.grad((z) => tf.sum(tf.stridedSlice(z, [0, 0], [4, 4], [2, 2])))(x));
    expect(gradient).toThrow(/StridedSlice has no gradient/);
  });

  it('is a read of values', () => {
    const reading = tracing((x) => tf.mul(x, tf.scalar(x.dataSync()[0])));
    expect(reading).toThrow(expect.objectContaining({ code: 'E_OPERATOR' }));
  });

  it('is a step that changes its state’s shape, and the next trace works again', () => {
    const wrong = runtime.compileStep(
      { state: { s: [2] }, inputs: {}, step: ({ s }) => ({ state: { s: tf.sum(s) }, outputs: {} }) },
      { s: { data: new Float32Array(2), shape: [2] } },
    );
    return expect(wrong).rejects.toMatchObject({ code: 'E_OPERATOR' });
  });
});
