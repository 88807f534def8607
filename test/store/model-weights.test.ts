import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../src-main/graph/onnx.js';
import { externalParts } from '../../src-main/graph/onnx-external.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { withWeightsInside } from '../../src-main/store/model-weights.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

let folder = '';
beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'models');
  await fs.mkdir(folder);
});
afterAll(removeFolders);

const NONE = new Uint8Array(0);

/** y = x * w, where w lies in another file after eight bytes of something else. */
function scaling(location: string, length: number | null = 4): Uint8Array {
  return encodeModel(
    {
      nodes: [{ type: 'Mul', inputs: ['x', 'w'], output: 'y', attributes: {} }],
      initializers: [
        { name: 'w', type: 'float32', dims: [1], bytes: NONE, external: { location, offset: 8, length } },
      ],
      inputs: [{ name: 'x', dims: ['n'] }],
      outputs: [{ name: 'y', dims: ['n'] }],
    },
    { kept: 'yes' },
  );
}

const WEIGHTS = Buffer.concat([Buffer.alloc(8), Buffer.from(Float32Array.of(2.5).buffer)]);

describe('weights beside a model', () => {
  it.each([4, null])('are read (length %s) and compute as weights inside do', async (length) => {
    await fs.writeFile(path.join(folder, 'm.onnx.data'), WEIGHTS);
    const bytes = await withWeightsInside(path.join(folder, 'm.onnx'), scaling('m.onnx.data', length));
    expect(externalParts(bytes)).toEqual([]);
    const runtime = await openRuntime('cpu', { threads: 1 });
    try {
      const model = await runtime.loadModel(bytes);
      const { y } = await model.runShaped({ x: { data: Float32Array.of(1, -2), shape: [2] } });
      expect([...y.data]).toEqual([2.5, -5]);
      expect(model.metadata).toEqual({ kept: 'yes' });
    } finally {
      await runtime.close();
    }
  });

  it('are found in the body of a loop too', async () => {
    await fs.writeFile(path.join(folder, 'w'), WEIGHTS);
    const inner = {
      nodes: [{ type: 'Mul', inputs: ['v', 'w'], output: 'z', attributes: {} }],
      initializers: [
        {
          name: 'w',
          type: 'float32',
          dims: [1],
          bytes: NONE,
          external: { location: 'w', offset: 8, length: 4 },
        } as const,
      ],
      inputs: [],
      outputs: [],
    };
    const model = encodeModel({
      nodes: [{ type: 'Loop', inputs: [], output: 'y', attributes: { body: { graph: inner } } }],
      initializers: [],
      inputs: [],
      outputs: [],
    });
    expect(externalParts(model)).toHaveLength(1);
    expect(externalParts(await withWeightsInside(path.join(folder, 'm.onnx'), model))).toEqual([]);
  });

  it('elsewhere are refused: a path up, an absolute one, one in a folder, a link out', async () => {
    const outside = path.join(folder, '..', 'secret');
    await fs.writeFile(outside, WEIGHTS);
    await fs.mkdir(path.join(folder, 'in'));
    await fs.writeFile(path.join(folder, 'in', 'w'), WEIGHTS);
    await fs.symlink(outside, path.join(folder, 'link'));
    const file = path.join(folder, 'm.onnx');
    for (const location of ['../secret', outside, 'in/w', 'in\\w', 'link', '', '.', '..'])
      await expect(withWeightsInside(file, scaling(location))).rejects.toMatchObject({ code: 'E_MODEL' });
  });

  it('that are missing or too short have a code', async () => {
    const file = path.join(folder, 'm.onnx');
    await expect(withWeightsInside(file, scaling('w'))).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      place: path.join(folder, 'w'),
    });
    await fs.writeFile(path.join(folder, 'w'), WEIGHTS.subarray(0, 10));
    await expect(withWeightsInside(file, scaling('w'))).rejects.toMatchObject({ code: 'E_MODEL' });
    await fs.rm(path.join(folder, 'w'));
    await fs.mkdir(path.join(folder, 'w'));
    await expect(withWeightsInside(file, scaling('w'))).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('that a loader would look for itself are refused', async () => {
    const runtime = await openRuntime('cpu', { threads: 1 });
    try {
      await expect(runtime.loadModel(scaling('w'))).rejects.toMatchObject({ code: 'E_MODEL' });
    } finally {
      await runtime.close();
    }
  });

  it('leave a model that has none as it is, and what is no model', async () => {
    const own = encodeModel({ nodes: [], initializers: [], inputs: [], outputs: [] });
    expect(await withWeightsInside(path.join(folder, 'm.onnx'), own)).toBe(own);
    const other = Uint8Array.of(255, 255, 255);
    expect(await withWeightsInside(path.join(folder, 'm.onnx'), other)).toBe(other);
  });
});
