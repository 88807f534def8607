import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { ModelCard } from '../../src-main/contract/models.js';
import { exportModel, type OpenModel, openModelFile } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import { encodeWindows } from '../../src-main/model-files/windows.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { rank4 } from '../../src-main/models/parameters.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { LoadedModel, Runtime } from '../../src-main/runtime/types.js';
import { type TrainedFamily, trainFamily } from '../../src-main/training/family.js';
import { corpusSeries, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { restingPass } from '../../src-main/training/step.js';
import { volumeOf } from '../imaging/support.js';
import { planFor } from '../training/brain.js';

const [SIDE, CELL, WIDTH] = [32, 8, 16];
const SMALL = { patch: CELL, width: WIDTH, depth: 1, decoderDepth: 1, decoderWidth: 16 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(() => runtime.close());

function noise(seed: number, length: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.uniform());
}

async function trained(more: FamilySettings = {}): Promise<{ model: TrainedFamily; card: ModelCard }> {
  const volume = volumeOf(noise(4, SIDE * SIDE * 4), [SIDE, SIDE, 4]);
  const corpus = splitCorpus([corpusSeries(volume, 'one', null)], 0.25, new Random(1));
  const settings = { ...SMALL, ...more };
  const model = await trainFamily(
    runtime,
    corpus,
    planFor('masked', { settings, steps: 2, size: SIDE, batchSize: 2 }),
  );
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: ['MR'], noise: null };
  return { model, card: modelCard(model, { version: '0', device: 'cpu', data }) };
}

async function latentOf(bytes: Uint8Array, image: Float32Array, rows = SIDE, columns = SIDE) {
  const model = await openModelFile(runtime, bytes);
  const { latent } = await model.encode(image, rows, columns);
  await model.close();
  return latent;
}

describe('the encoder of a masked model', () => {
  it.each([0.75, 0])(
    'gives of a model file what the family gives, %s of the patches hidden',
    async (hidden) => {
      const { model, card } = await trained({ hidden });
      expect(card).toMatchObject({
        latent: { cell: CELL, channels: WIDTH, codebook: null },
        tasks: ['reconstruct', 'latent'],
      });
      const image = noise(8, SIDE * SIDE);
      const program = await runtime.compileInference({
        parameters: model.kept,
        inputs: { image: [1, SIDE, SIDE, 1] },
        apply(parameters, fed) {
          const codes = model.model.coder?.encode(restingPass(parameters), rank4(fed.image));
          return { latent: codes?.latent ?? fed.image };
        },
      });
      const expected = await program.run({ image });
      await program.close();
      const latent = await latentOf(exportModel(model, card), image);
      expect(latent.shape).toEqual([1, SIDE / CELL, SIDE / CELL, WIDTH]);
      expect(latent.data.length).toBe(expected.latent.length);
      for (const [i, value] of latent.data.entries()) expect(value).toBeCloseTo(expected.latent[i], 4);
      // All of the image matters, not a patch alone.
      const changed = image.map((value, i) => (i < CELL ? 1 - value : value));
      const other = await latentOf(exportModel(model, card), changed);
      const last = latent.data.length - WIDTH;
      expect([...other.data.subarray(last)]).not.toEqual([...latent.data.subarray(last)]);
    },
  );

  it('leaves out what a place alone gives: the mean of even images is nothing at any place', async () => {
    const { model, card } = await trained();
    const opened = await openModelFile(runtime, exportModel(model, card));
    const sum = new Float64Array((SIDE / CELL) ** 2 * WIDTH);
    let most = 0;
    for (const level of [0, 0.25, 0.5, 0.75, 1]) {
      const { latent } = await opened.encode(new Float32Array(SIDE * SIDE).fill(level), SIDE, SIDE);
      for (const [i, value] of latent.data.entries()) {
        sum[i] += value;
        most = Math.max(most, Math.abs(value));
      }
    }
    await opened.close();
    expect(most).toBeGreaterThan(0.1);
    for (const value of sum) expect(Math.abs(value)).toBeLessThan(1e-4);
  });

  it('works on files that were written before anyone asked for it', async () => {
    const { model, card } = await trained();
    const before: ModelCard = { ...card, latent: null, tasks: ['reconstruct'] };
    const image = noise(8, SIDE * SIDE);
    const bytes = exportModel(model, before);
    expect(await latentOf(bytes, image)).toEqual(await latentOf(exportModel(model, card), image));
    const { card: read } = await open(bytes);
    expect(read).toMatchObject({ latent: card.latent, tasks: ['reconstruct', 'latent'] });
  });

  it('has no decoder, and is refused where the weights are of other settings', async () => {
    const { model, card } = await trained();
    const whole = await open(exportModel(model, card));
    expect(whole.decodes).toBe(false);
    const latent = { data: new Float32Array(WIDTH), shape: [1, 1, 1, WIDTH] };
    await expect(whole.decode(latent)).rejects.toMatchObject({ reason: 'E_MODEL/encodes-only' });
    const other = exportModel(model, { ...card, settings: { ...card.settings, depth: 2 } });
    await expect(latentOf(other, noise(8, SIDE * SIDE))).rejects.toMatchObject({
      reason: 'E_MODEL/damaged-weights',
    });
  });

  async function open(bytes: Uint8Array): Promise<OpenModel> {
    const model = await openModelFile(runtime, bytes);
    await model.close();
    return model;
  }
});

describe('windows of an encoder', () => {
  /** Of each cell its mean, and the mean of the whole window. */
  const encoder: LoadedModel = {
    metadata: {},
    inputShapes: {},
    outputShapes: {},
    run: () => Promise.reject(new Error('not asked')),
    async runShaped({ image: { data } }) {
      const each = SIDE / CELL;
      const codes = new Float32Array(each * each * 2);
      const whole = data.reduce((sum, value) => sum + value, 0) / data.length;
      for (let i = 0; i < SIDE * SIDE; i++) {
        const [y, x] = [Math.floor(i / SIDE / CELL), Math.floor((i % SIDE) / CELL)];
        codes[2 * (y * each + x)] += data[i] / CELL ** 2;
        codes[2 * (y * each + x) + 1] = whole;
      }
      return { latent: { data: codes, shape: [1, each, each, 2] } };
    },
    close: async () => {},
  };

  it.each([
    [SIDE, SIDE],
    [2 * SIDE, SIDE + CELL],
    [5 * SIDE + 3 * CELL, 3 * SIDE],
    [CELL, SIDE - CELL],
  ])('give every cell of %i x %i pixels its own, whatever windows see it', async (rows, columns) => {
    const values = noise(rows, rows * columns);
    const image = { values, rows, columns, channels: 1 };
    const { latent } = await encodeWindows(encoder, { side: SIDE, cell: CELL }, image);
    const [down, across] = [rows / CELL, columns / CELL];
    expect(latent.shape).toEqual([1, down, across, 2]);
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++) {
        let mean = 0;
        for (let v = 0; v < CELL; v++)
          for (let u = 0; u < CELL; u++) mean += values[(y * CELL + v) * columns + x * CELL + u] / CELL ** 2;
        expect(latent.data[2 * (y * across + x)]).toBeCloseTo(mean, 5);
      }
  });

  it('leave no border: what a window changes as a whole changes by degrees from cell to cell', async () => {
    const [rows, columns] = [SIDE, 8 * SIDE];
    // One bright half: windows are dark, mixed or bright.
    const values = Float32Array.from({ length: rows * columns }, (_, i) =>
      i % columns < columns / 2 ? 0 : 1,
    );
    const image = { values, rows, columns, channels: 1 };
    const { latent } = await encodeWindows(encoder, { side: SIDE, cell: CELL }, image);
    const across = columns / CELL;
    const line = Array.from({ length: across }, (_, x) => latent.data[2 * x + 1]);
    expect([line[0], line[across - 1]]).toEqual([0, 1]);
    // A hard choice of windows steps by a half.
    for (let x = 1; x < across; x++) expect(Math.abs(line[x] - line[x - 1])).toBeLessThan(0.4);
  });

  it('go on as the mirror image where the image is smaller than one', async () => {
    const [rows, columns] = [CELL, SIDE];
    const fed: Float32Array[] = [];
    const spy: LoadedModel = {
      ...encoder,
      runShaped(inputs) {
        fed.push(inputs.image.data.slice());
        return encoder.runShaped(inputs);
      },
    };
    const values = noise(3, rows * columns);
    await encodeWindows(spy, { side: SIDE, cell: CELL }, { values, rows, columns, channels: 1 });
    expect(fed).toHaveLength(1);
    expect(fed[0].subarray(0, rows * columns)).toEqual(values);
    // The last row is not repeated.
    const row = (y: number): Float32Array => fed[0].subarray(y * columns, (y + 1) * columns);
    expect(row(rows)).toEqual(row(rows - 2));
  });
});
