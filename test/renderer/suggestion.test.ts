import { describe, expect, it } from 'vitest';
import { problemOf } from '../../src-main/contract/errors.js';
import type { MeasuredNoise } from '../../src-main/contract/window/opened.js';
import { suggestionFor } from '../../src-renderer/state/denoise-choices.js';
import { card } from './cards.js';

const QUIET = {
  sigma: 1,
  relative: 0.3,
  distribution: 'rician',
  correlated: false,
  methods: {},
  certain: true,
} as const;
const noise = (relative: number): MeasuredNoise => ({
  noise: { ...QUIET, relative },
  warnings: [],
  problem: null,
});

describe('a suggestion', () => {
  it('follows what was measured', () => {
    expect(suggestionFor(card(), noise(0.4))).toEqual(['little']);
    expect(suggestionFor(card(), noise(3))).toEqual(['some']);
    expect(suggestionFor(card(), noise(12))).toEqual(['much']);
    expect(suggestionFor(card(), { noise: null, warnings: [], problem: null })).toEqual(['unknown']);
  });

  it('holds the noise of CT against the window that it is looked at in: 3 HU are much in a brain, little in a bone', () => {
    const of = (width: number) => ({ center: 40, width, name: '' });
    const told = (windows: ReturnType<typeof of>[]) =>
      suggestionFor(card({ units: 'HU', windows }), { ...noise(0.3), noise: { ...QUIET, sigma: 3 } });
    expect([told([of(80)]), told([of(40)]), told([of(1800)]), told([])].flat()).toEqual([
      'some',
      'much',
      'little',
      'little',
    ]);
  });

  it('says that a level is in doubt, and that many frames share much', () => {
    const doubtful = { ...noise(3), warnings: [problemOf('W_NOISE_UNCERTAIN/guess')] };
    expect(suggestionFor(card({ frames: 30 }), doubtful)).toEqual(['some', 'doubt', 'frames']);
  });
});
