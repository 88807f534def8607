import { execFileSync } from 'node:child_process';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { decodeMetadata, encodeModel } from '../../src-main/graph/onnx.js';
import { DECODER_KEY, encoderOf, exportModel } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { denoising } from '../../src-main/models/families/denoising.js';
import { FAMILIES } from '../../src-main/models/families/families.js';
import { video } from '../../src-main/models/families/video.js';
import type { Family, FamilySettings } from '../../src-main/models/family.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { volumeOf } from '../imaging/support.js';
import { PYTHON, pythonLacks } from '../support/tools.js';
import { planFor, squares } from '../training/brain.js';

const SIDE = 32;
const FACTS = {
  version: '0',
  device: 'cpu',
  data: { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null },
};
/** Stands for each free axis. */
const FREE = 64;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 2 });
});
afterAll(() => runtime.close());

function small({ name, defaults }: Family): FamilySettings {
  if (name === 'masked') return { patch: 8, width: 16, depth: 1, decoderDepth: 1, decoderWidth: 16 };
  return 'base' in defaults ? { base: 4 } : {};
}

async function fileOf(family: Family, more: FamilySettings = {}) {
  const [slices, frames] = [4, 12];
  const shape = [SIDE, SIDE, slices, frames] as const;
  const random = new Random(4);
  const data = Float32Array.from({ length: SIDE * SIDE * slices * frames }, () => 100 + 20 * random.normal());
  const corpus = splitCorpus([corpusSeries(volumeOf(data, shape), 'one', null)], 0.25, new Random(1));
  const plan = planFor(family.name, {
    settings: { ...small(family), ...more },
    steps: 1,
    size: SIDE,
    batchSize: 2,
  });
  const trained = await trainFamily(runtime, squares(corpus, SIDE), plan);
  const card = modelCard(trained, FACTS, null);
  return { card, bytes: exportModel(trained, card) };
}

/** Each family as it is, and what changes how a network is written. */
const VARIANTS: readonly (readonly [string, Family, FamilySettings])[] = [
  ...FAMILIES.map((family) => [family.name, family, {}] as const),
  ['denoising, group norm', denoising, { norm: 'group', dropout: 0.2 }],
  ['denoising, batch norm', denoising, { norm: 'batch', dropout: 0.2 }],
  ['denoising, field', denoising, { field: true }],
  ['video, group norm', video, { norm: 'group', dropout: 0.2 }],
  ['video, batch norm', video, { norm: 'batch', dropout: 0.2 }],
];

/** Every node against the ONNX standard, and every shape that can be told. Throws what it complains of. */
function check(bytes: Uint8Array): void {
  const code = 'import sys, onnx; onnx.checker.check_model(sys.stdin.buffer.read(), full_check=True)';
  execFileSync(PYTHON, ['-c', code], { input: bytes, stdio: ['pipe', 'ignore', 'pipe'] });
}

describe.skipIf(pythonLacks('onnx') !== '')('a model file passes the ONNX checker', () => {
  it.each(VARIANTS)('%s', async (_, family, settings) => {
    const { card, bytes } = await fileOf(family, settings);
    check(bytes);
    const decoder = decodeMetadata(bytes)[DECODER_KEY];
    if (decoder !== undefined) check(Buffer.from(decoder, 'base64'));
    else if (card.latent !== null) check(encoderOf(bytes));
  });

  it('and the checker does complain', () => {
    const port = { name: 'x', dims: [1, 1, 'h', 'w'] };
    const node = { type: 'Convolve', inputs: ['x'], output: 'y', attributes: {} };
    const wrong = { nodes: [node], initializers: [], inputs: [port], outputs: [{ ...port, name: 'y' }] };
    expect(() => check(encodeModel(wrong))).toThrow('Convolve');
  });
});

describe('a model file opens in ONNX Runtime alone', () => {
  it.each(VARIANTS)('%s', async (_, family, settings) => {
    const { card, bytes } = await fileOf(family, settings);
    const session = await InferenceSession.create(bytes);
    const [input] = session.inputMetadata;
    if (input === undefined || !input.isTensor) throw new Error('no input');
    expect(session.inputNames).toEqual(['image']);
    const { cell = 1, channels = 0 } = card.latent ?? {};
    const lengths: Record<string, number> = {
      rows: FREE,
      columns: FREE,
      latent_rows: FREE / cell,
      latent_columns: FREE / cell,
    };
    const lengthOf = (length: number | string): number =>
      typeof length === 'number' ? length : lengths[length];
    const dims = input.shape.map(lengthOf);
    expect(dims[3]).toBe(card.input.channels);
    const zeros = new Float32Array(dims.reduce((a, b) => a * b));
    const outputs = await session.run({ image: new Tensor('float32', zeros, dims) });
    for (const declared of session.outputMetadata) {
      if (!declared.isTensor) throw new Error('no tensor');
      const { data, dims: given } = outputs[declared.name];
      expect([declared.name, ...given]).toEqual([declared.name, ...declared.shape.map(lengthOf)]);
      expect(data).toSatisfy((values: Float32Array) => values.length > 0 && values.every(Number.isFinite));
    }
    expect(outputs.reconstruction.dims).toEqual([...dims.slice(0, 3), 1]);
    await session.release();
    if (channels === 0 || outputs.latent !== undefined) {
      expect(outputs.latent?.dims[3] ?? 0).toBe(channels);
      if (channels > 0) expect(() => encoderOf(bytes)).toThrow(expect.objectContaining({ code: 'E_MODEL' }));
      return;
    }
    const encoder = await InferenceSession.create(encoderOf(bytes));
    const { latent } = await encoder.run({ image: new Tensor('float32', zeros, dims) });
    expect(latent.dims).toEqual([1, dims[1] / cell, dims[2] / cell, channels]);
    await encoder.release();
  });
});
