import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeModel, isModel } from '../../src-main/graph/onnx.js';
import { readModel } from '../../src-main/store/model-store.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const MODEL = encodeModel(
  {
    nodes: [{ type: 'Relu', inputs: ['x'], output: 'y', attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', dims: ['n'] }],
    outputs: [{ name: 'y', dims: ['n'] }],
  },
  { kept: 'yes' },
);

describe('a file that is given as a model', () => {
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a text', Buffer.from('hello this is no model\n')],
    ['a DICOM preamble', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')])],
    ['the half of a model', MODEL.subarray(0, MODEL.length >> 1)],
    ['a model without its last byte', MODEL.subarray(0, -1)],
  ])('is told to be none where it is %s, with its place', async (_, bytes) => {
    const file = path.join(await temporaryFolder(), 'm.onnx');
    await fs.writeFile(file, bytes);
    await expect(readModel(file)).rejects.toMatchObject({
      code: 'E_MODEL',
      reason: 'E_MODEL/no-model',
      place: file,
    });
  });

  it('is a model where it holds a graph, by whomever it was made', async () => {
    expect(isModel(MODEL)).toBe(true);
    const file = path.join(await temporaryFolder(), 'm.onnx');
    await fs.writeFile(file, MODEL);
    expect(Buffer.from(await readModel(file))).toEqual(Buffer.from(MODEL));
  });
});
