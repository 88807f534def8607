import { describe, expect, it } from 'vitest';
import { MPPCA_LEAST_FRAMES } from '../../src-main/contract/requests/choices.js';
import {
  defaultChoices,
  modelChoice,
  modelsFor,
  requestOf,
  trains,
} from '../../src-renderer/state/denoise-choices.js';
import { wholeNumber } from '../../src-renderer/ui/whole-number.js';

describe('what the form asks for', () => {
  const choices = defaultChoices('cpu');

  it('is complete, for one series or for all', () => {
    expect(requestOf(choices, '/in', '/out', ['s1'])).toMatchObject({
      type: 'denoise',
      input: '/in',
      output: '/out',
      only: ['s1'],
      strength: 1,
      errorMap: true,
      device: 'cpu',
    });
    expect(requestOf(choices, '/in', '/out', null)).not.toHaveProperty('only');
  });

  it('is nothing while a model file or a folder is still to be chosen', () => {
    const file = { ...choices, model: 'file' as const };
    expect(requestOf(file, '/in', '/out', null)).toBeNull();
    expect(requestOf(choices, '/in', '', null)).toBeNull();
    expect(modelChoice({ ...file, path: '/m.onnx' })).toEqual({ kind: 'file', path: '/m.onnx' });
  });

  it('looks for artifacts beside the noise or alone, and is nothing while none was named', () => {
    expect(requestOf(choices, '/in', '/out', null)).not.toHaveProperty('clean');
    expect(requestOf({ ...choices, clean: 'auto' }, '/in', '/out', null)).toMatchObject({
      model: { kind: 'auto' },
      clean: 'auto',
    });
    const alone = {
      ...choices,
      model: 'none' as const,
      clean: ['ring' as const],
      strength: 0.5,
      strict: true,
      noiseLevel: 3,
    };
    const request = requestOf(alone, '/in', '/out', null);
    expect(request).toMatchObject({ model: { kind: 'none' }, clean: ['ring'], strength: 1 });
    expect(request).not.toHaveProperty('strict');
    expect(request).not.toHaveProperty('noiseLevel');
    expect(requestOf({ ...alone, clean: [] }, '/in', '/out', null)).toBeNull();
    expect(requestOf({ ...alone, clean: null }, '/in', '/out', null)).toBeNull();
    expect(requestOf({ ...choices, clean: [] }, '/in', '/out', null)).toBeNull();
  });

  it('sends training steps only where something is trained', () => {
    const file = { ...choices, model: 'file' as const, path: '/m.onnx', steps: 5 };
    expect(trains(file)).toBe(false);
    expect(requestOf(file, '/in', '/out', null)?.steps).toBeNull();
    expect(requestOf({ ...choices, model: 'self', steps: 5 }, '/in', '/out', null)?.steps).toBe(5);
  });

  it('offers principal components only to series of many frames', () => {
    expect(modelsFor(1)).not.toContain('mppca');
    // What the command line takes, the window offers.
    expect(modelsFor(MPPCA_LEAST_FRAMES)).toContain('mppca');
    expect(modelsFor(2)).toContain('mppca');
    expect(modelsFor(null)).toContain('mppca');
  });

  it('takes whole numbers within limits', () => {
    expect(['8', ' 12 ', '0', '1e3', '-1', '1.5', '', '99'].map((text) => wholeNumber(text, 1, 50))).toEqual([
      8,
      12,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
