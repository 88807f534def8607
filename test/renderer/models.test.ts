import { describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../src-main/contract/models.js';
import {
  choiceOf,
  fileNameOf,
  filterModels,
  ordered,
  sortModels,
  toggled,
} from '../../src-renderer/models/list.js';
import { bestOf, compared, curveOf, groupsOf } from '../../src-renderer/shared/card-facts.js';

function entry(id: string, more: Partial<ModelEntry> = {}): ModelEntry {
  return {
    id,
    name: `model ${id}`,
    bytes: 1000,
    sha256: id,
    addedAt: '2026-01-01T00:00:00.000Z',
    origin: 'imported',
    family: 'convolutional',
    tasks: ['reconstruct', 'latent'],
    objective: 'reconstruct',
    heldOut: 0.1,
    data: { series: 1, trainingPlanes: 10, heldOutPlanes: 2, modalities: ['MR'], noise: null },
    ...more,
  };
}

describe('the list of models', () => {
  const shipped = entry('s', {
    addedAt: null,
    origin: 'shipped',
    data: null,
    tasks: ['denoise'],
    heldOut: 0.3,
  });
  const all = [
    shipped,
    entry('a', { name: 'model 10', heldOut: null }),
    entry('b', { name: 'model 9', bytes: 5 }),
  ];
  const ids = (models: readonly ModelEntry[]) => models.map(({ id }) => id).join('');

  it('is sorted by a column, numbers as numbers, and what is not known stands last both ways', () => {
    expect(ids(sortModels(all, { column: 'name', descending: false }))).toBe('bas');
    expect(ids(sortModels(all, { column: 'bytes', descending: true }))).toBe('sab');
    expect(ids(sortModels(all, { column: 'heldOut', descending: false }))).toBe('bsa');
    expect(ids(sortModels(all, { column: 'heldOut', descending: true }))).toBe('sba');
    expect(ids(sortModels(all, { column: 'addedAt', descending: true }))).toBe('abs');
  });

  it('turns round at a second click on a column', () => {
    const first = ordered({ column: 'name', descending: false }, 'bytes');
    expect(first).toEqual({ column: 'bytes', descending: false });
    expect(ordered(first, 'bytes')).toEqual({ column: 'bytes', descending: true });
  });

  it('is filtered by words and by what a model can do', () => {
    expect(ids(filterModels(all, 'MR model', null))).toBe('ab');
    expect(ids(filterModels(all, '', 'denoise'))).toBe('s');
    expect(ids(filterModels(all, 'nothing', null))).toBe('');
  });

  it('compares at most three, the latest chosen', () => {
    expect(['a', 'b', 'c', 'd'].reduce<readonly string[]>(toggled, [])).toEqual(['b', 'c', 'd']);
    expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  });

  it('tells Denoise the shipped model by its kind and own ones by id, and names copies after them', () => {
    expect(choiceOf(shipped)).toEqual({ model: 'auto', path: null });
    expect(choiceOf(all[1])).toEqual({ model: 'file', path: 'a' });
    expect(fileNameOf(entry('a', { name: '../T1 / köpfe' }), 'decoder')).toBe('T1-köpfe-decoder.onnx');
    expect(fileNameOf(entry('a', { name: '...' }), 'whole')).toBe('model.onnx');
  });
});

describe('a model card', () => {
  const card = {
    family: 'plain',
    losses: [{ name: 'mse', weight: 1 }],
    settings: { base: 8, whole: true },
    latent: null,
    training: { seed: 1, curve: [{ step: 1, loss: 2, heldOut: null }, { step: 'x' }] },
    normal: { errorSlices: Array.from({ length: 20 }, (_, i) => i) },
  };

  it('is shown with every field but the curve, which is drawn', () => {
    expect(groupsOf(card)).toEqual([
      {
        group: '',
        facts: [
          { path: 'family', value: { kind: 'text', text: 'plain' } },
          { path: 'losses', value: { kind: 'list', items: ['mse × 1'] } },
        ],
      },
      {
        group: 'settings',
        facts: [
          { path: 'settings.base', value: { kind: 'number', number: 8 } },
          { path: 'settings.whole', value: { kind: 'flag', flag: true } },
        ],
      },
      { group: 'training', facts: [{ path: 'training.seed', value: { kind: 'number', number: 1 } }] },
      { group: 'normal', facts: [{ path: 'normal.errorSlices', value: { kind: 'many', count: 20 } }] },
    ]);
    expect(curveOf(card)).toEqual([{ step: 1, loss: 2, heldOut: null }]);
    expect(curveOf({})).toEqual([]);
    const points = [0.5, null, 0.2, 0.3].map((heldOut, step) => ({ step, loss: 1, heldOut }));
    expect(bestOf(points)).toEqual({ step: 2, heldOut: 0.2 });
    expect(bestOf([])).toBeNull();
  });

  it('is compared field by field, and a field that only one has is a difference', () => {
    const [top, settings] = compared([card, { family: 'plain', settings: { base: 16, beta: 4 } }]);
    expect(top.facts.map(({ path, differs }) => [path, differs])).toEqual([
      ['family', false],
      ['losses', true],
    ]);
    expect(settings.facts.map(({ path, differs }) => [path, differs])).toEqual([
      ['settings.base', true],
      ['settings.whole', true],
      ['settings.beta', true],
    ]);
    expect(settings.facts[2].values).toEqual([null, { kind: 'number', number: 4 }]);
  });
});
