import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../src-main/app/calls.js';
import { modelsApi } from '../../src-main/app/models.js';
import type { ModelEntry } from '../../src-main/contract/models.js';
import type { AppApi } from '../../src-main/contract/window/app.js';
import { runJob } from '../../src-main/jobs/run.js';
import { runTrain } from '../../src-main/jobs/train/train.js';
import { brainSlices, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { trainRequest } from '../jobs/train-request.js';

let root = '';
let file = '';
let changes = 0;
/** The service's part for models, with the job in this process. */
const api = modelsApi({
  compute: (request) => ({ result: runJob(request, () => {}) }),
  onChange: () => changes++,
});

beforeAll(async () => {
  root = await temporaryFolder();
  process.env.LIMPID_HOME = path.join(root, 'home');
  const input = path.join(root, 'in');
  await brainSlices(input, [7, 8, 9, 10]);
  file = path.join(root, 'model.onnx');
  await runTrain(trainRequest(input, file, { budget: { unit: 'steps', value: 4 } }), () => {});
});

afterAll(async () => {
  delete process.env.LIMPID_HOME;
  await removeFolders();
});

const own = async (): Promise<readonly ModelEntry[]> =>
  (await api.models()).filter(({ origin }) => origin !== 'shipped');

describe('the models behind the window', () => {
  it('begin with the shipped one, which has a card and was trained on no scan', async () => {
    const [general, ...others] = await api.models();
    expect(others).toEqual([]);
    expect(general).toMatchObject({ origin: 'shipped', tasks: ['denoise'], addedAt: null });
    expect(general.heldOut).toBeGreaterThan(0);
    const { card } = await api.modelDetails(general.id);
    expect(card).toMatchObject({ training: { data: expect.stringContaining('no scan of a person') } });
  });

  it('are imported with what they were trained on, exported to the same bytes, and deleted', async () => {
    const entry = await api.importModel(file, 'mine', null);
    expect(entry).toMatchObject({
      name: 'mine',
      origin: 'imported',
      data: { series: 1, modalities: ['MR'] },
    });
    expect(await own()).toEqual([entry]);
    expect((await api.modelDetails(entry.id)).card).toMatchObject({ family: 'convolutional' });
    const copy = path.join(root, 'copy.onnx');
    await api.exportModel(entry.id, copy, 'whole');
    expect(await fs.readFile(copy)).toEqual(await fs.readFile(file));
    await expect(api.exportModel(entry.id, copy, 'whole')).rejects.toMatchObject({ code: 'E_EXISTS' });
    await api.deleteModel(entry.id);
    expect(await own()).toEqual([]);
    await expect(api.modelDetails(entry.id)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    expect(changes).toBe(2);
  });

  it('list what an older version kept, of which less is known, and nothing that is damaged', async () => {
    const { id } = await api.importModel(file, null, null);
    const store = path.join(root, 'home', 'models', `${id}.json`);
    const { data, ...older } = JSON.parse(await fs.readFile(store, 'utf8'));
    expect(data.series).toBe(1);
    await fs.writeFile(store, JSON.stringify(older));
    expect(await own()).toMatchObject([{ id, data: null }]);
    await fs.writeFile(store, JSON.stringify({ ...older, data: { series: 'many' } }));
    expect(await own()).toEqual([]);
  });

  it('refuse what is no model, with a code, and foreign ones that are not said to be', async () => {
    const bad = path.join(root, 'bad.onnx');
    await fs.writeFile(bad, 'this is no model');
    await expect(api.importModel(bad, null, null)).rejects.toMatchObject({ code: 'E_MODEL' });
    await expect(api.importModel(path.join(root, 'none.onnx'), null, null)).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
    const foreign = { layout: 'auto', gives: 'noise', white: 1 };
    const calls = (how: unknown) => call(api as AppApi, 'importModel', [bad, null, how]);
    for (const wrong of [
      { ...foreign, white: 0 },
      { ...foreign, layout: 'hwc' },
      'yes',
      { ...foreign, gives: null },
    ])
      await expect(calls(wrong)).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(calls(foreign)).rejects.toMatchObject({ code: 'E_MODEL' });
  });
});
