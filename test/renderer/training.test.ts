import { describe, expect, it } from 'vitest';
import { WindowRequest } from '../../src-main/app/requests.js';
import type { LearningEvent } from '../../src-main/contract/events.js';
import type { FamilyInfo } from '../../src-main/contract/requests/families.js';
import { fits } from '../../src-main/contract/schema/schema.js';
import { canBeLogarithmic, columnsOf, rangeOf } from '../../src-renderer/shared/learning-curve.js';
import { NOTHING_LEARNT, withLearning } from '../../src-renderer/state/learning.js';
import {
  type Chosen,
  canLearnFrom,
  choicesOf,
  defaultChoices,
  referencesFor,
  requestOf,
  shapesOf,
  suggestedName,
  withFamily,
  withSetting,
} from '../../src-renderer/training/choices.js';
import { meanPsnr, patchesOf, psnr } from '../../src-renderer/training/patches.js';
import { typedNumber } from '../../src-renderer/ui/typed-number.js';
import { card } from './cards.js';

const DENOISING: FamilyInfo = {
  name: 'denoising',
  summary: '',
  timeSeries: false,
  wholePlanes: false,
  defaults: { base: 16, residual: true },
  ranges: { base: { from: 4, to: 64, whole: true } },
  latentSetting: null,
  objectives: ['rician', 'supervised', 'artifact'],
};
const VIDEO: FamilyInfo = { ...DENOISING, name: 'video', objectives: ['frames'] };
const choices = defaultChoices('cpu', DENOISING);
const chosen: Chosen[] = [{ card: card(), path: '/in', reference: null }];

describe('what a training is asked for', () => {
  it('is a request that the app takes, into the library or into a file', () => {
    const kept = requestOf(choices, chosen, 'mine');
    expect(fits(WindowRequest, kept)).toBe(true);
    expect(kept).toMatchObject({
      inputs: ['/in'],
      only: ['s1'],
      references: [],
      keepAs: 'mine',
      objective: 'rician',
      budget: { unit: 'steps', value: 2000 },
      force: false,
    });
    const file = requestOf({ ...choices, file: '/out/m.onnx' }, chosen, 'mine');
    expect(file.output).toBe('/out/m.onnx');
    expect(file).not.toHaveProperty('keepAs');
  });

  it('takes whole NIfTI files, and derived series only where they are chosen', () => {
    const nifti = { card: card({ kind: 'nifti', id: 'nifti' }), path: '/a.nii', reference: null };
    const derived = { card: card({ derivedFrom: '1.2' }), path: '/d', reference: null };
    expect(requestOf(choices, [nifti, derived], 'm')).toMatchObject({ only: [null, 's1'], force: true });
  });

  it('pairs series with their references, in order, for supervised training alone', () => {
    const clean = { card: card({ key: 'k2', id: 's2' }), path: '/clean' };
    const pairs = [{ card: card(), path: '/in', reference: clean }];
    const supervised = requestOf({ ...choices, objective: 'supervised' }, pairs, 'm');
    expect(supervised).toMatchObject({ references: ['/clean'], onlyReferences: ['s2'] });
    expect(requestOf(choices, pairs, 'm').references).toEqual([]);
    expect(fits(WindowRequest, supervised)).toBe(true);
  });

  it('names an artifact only where one is to be taken away', () => {
    const more = { ...choices, artifact: 'ring', severity: 4 } as const;
    expect(requestOf(more, chosen, 'm')).not.toHaveProperty('artifact');
    expect(requestOf({ ...more, objective: 'artifact' }, chosen, 'm').artifact).toEqual({
      name: 'ring',
      severity: 4,
    });
  });

  it('forgets what another family does not know, and what is a default', () => {
    const set = withSetting(choices, DENOISING, 'base', 32);
    expect(set.settings).toEqual({ base: 32 });
    expect(withSetting(set, DENOISING, 'base', 16).settings).toEqual({});
    expect(withFamily({ ...set, from: 'a' }, VIDEO)).toMatchObject({
      family: 'video',
      objective: 'frames',
      settings: {},
      from: null,
    });
  });

  it('can be asked for again', () => {
    const asked = { ...choices, objective: 'artifact', severity: 3, settings: { base: 8 }, seed: 9 } as const;
    const again = choicesOf(requestOf(asked, chosen, 'm'), DENOISING, ['k1']);
    expect(again).toEqual({ ...asked, series: ['k1'] });
  });

  it('tells patients apart without naming them', () => {
    const of = (patient: string): Chosen => ({ ...chosen[0], card: card({}, { patient }) });
    const shapes = shapesOf([of('A^B'), of('C^D'), of('A^B'), of('')]);
    expect(shapes.map(({ group }) => group)).toEqual(['patient 0', 'patient 1', 'patient 0', 'input 3']);
    expect(JSON.stringify(shapes)).not.toContain('A^B');
  });

  it('has references on the same grid, and no maps', () => {
    const other = card({ key: 'k2' });
    const all = [card(), other, card({ key: 'k3', slices: 3 }), card({ key: 'k4', eligible: false })];
    expect(referencesFor(card(), all)).toEqual([other]);
    expect(canLearnFrom(card({ map: { label: 'x', explanation: '' } }))).toBe(false);
  });

  it('has a name that is not taken', () => {
    expect(suggestedName('sparse', ['sparse-1', 'other'])).toBe('sparse-2');
  });

  it.each([
    ['0,05', 0.05],
    [' 2e-3 ', 0.002],
    ['.5', 0.5],
    ['', null],
    ['1.2.3', null],
    ['ten', null],
    ['1e999', null],
  ])('reads the number %j as %j', (text, value) => {
    expect(typedNumber(text)).toBe(value);
  });
});

function event(step: number, heldOut: number, more: Partial<LearningEvent> = {}): LearningEvent {
  const preview = { step, count: 2, size: 4, lasting: true };
  return {
    type: 'learning',
    points: [{ step, loss: 1, heldOut }],
    best: { step, heldOut },
    preview,
    ...more,
  };
}

describe('what is known of a training', () => {
  it('grows with each measurement, and begins again where a crash took it back', () => {
    const learnt = [10, 20, 30].map((step) => event(step, 1 / step)).reduce(withLearning, NOTHING_LEARNT);
    expect(learnt.points.map(({ step }) => step)).toEqual([10, 20, 30]);
    const points = [event(10, 0.1), event(20, 0.05)].flatMap((one) => one.points);
    const back = withLearning(learnt, event(20, 0.05, { points }));
    expect(back.points).toEqual(points);
    expect(back.best?.step).toBe(20);
    expect(back.previews.map(({ step }) => step)).toEqual([10, 20]);
  });

  it('keeps pictures that last, and of the others the newest', () => {
    const passing = (step: number) =>
      event(step, 1, { preview: { step, count: 2, size: 4, lasting: step % 20 === 0 } });
    const learnt = [10, 20, 30, 50].map(passing).reduce(withLearning, NOTHING_LEARNT);
    expect(learnt.previews.map(({ step }) => step)).toEqual([20, 50]);
    expect(withLearning(learnt, event(60, 1, { preview: null })).previews).toBe(learnt.previews);
  });

  it('is a chart of columns over all steps', () => {
    const live = [1, 2, 3].map((step) => ({ step, loss: step / 10, heldOut: null }));
    const columns = columnsOf([{ step: 2, loss: 0.5, heldOut: 0.6 }], live);
    expect(columns).toEqual([
      [1, 2, 3],
      [0.1, 0.2, 0.3],
      [null, 0.5, null],
      [null, 0.6, null],
    ]);
    expect(canBeLogarithmic(columns)).toBe(true);
    expect(canBeLogarithmic([[1], [null], [null], [0]])).toBe(false);
  });

  it('does not let the first steps decide the range, and draws long runs thinned', () => {
    const live = Array.from({ length: 5000 }, (_, step) => ({
      step: step + 1,
      loss: step < 20 ? 1000 : 1 + step / 5000,
      heldOut: null,
    }));
    const columns = columnsOf([{ step: 5000, loss: 1.5, heldOut: 0.8 }], live);
    expect(columns[0].length).toBeLessThan(700);
    expect(columns[0].at(-1)).toBe(5000);
    const [low, high] = rangeOf(columns) ?? [0, 0];
    expect([low, high < 2.1]).toEqual([0.8, true]);
    expect(rangeOf([[], [], [], []])).toBeNull();
  });
});

describe('patches', () => {
  it('are planes of the bytes that a training left, and bytes of another length are none', () => {
    const bytes = Float32Array.from({ length: 2 * 2 * 9 }, (_, i) => i).buffer;
    const { input, target } = patchesOf(bytes, { count: 2, size: 3 });
    expect([input[1][0], target[0][0], target[1][8]]).toEqual([9, 18, 35]);
    expect(() => patchesOf(bytes, { count: 3, size: 3 })).toThrow(RangeError);
  });

  it('are as like as 20 dB where a tenth is wrong everywhere', () => {
    const target = new Float32Array(16).fill(0.5);
    const image = target.map((value) => value + 0.1);
    expect(psnr(image, target)).toBeCloseTo(20, 4);
    expect(psnr(target, target)).toBeNull();
    // Errors are averaged, not decibels: 0.01 and 0 are 0.005.
    expect(meanPsnr([image, target], [target, target])).toBeCloseTo(23.01, 2);
  });
});
