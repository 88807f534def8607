import { describe, expect, it } from 'vitest';
import type { MeasuredNoise } from '../../src-main/contract/app.js';
import { problemOf } from '../../src-main/contract/errors.js';
import { suggestionFor } from '../../src-renderer/state/denoise-choices.js';
import { card } from './cards.js';

const noise = (relative: number): MeasuredNoise => ({
  noise: { sigma: 1, relative, distribution: 'rician', correlated: false, methods: {}, certain: true },
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

  it('says that a level is in doubt, and that many frames share much', () => {
    const doubtful = { ...noise(3), warnings: [problemOf('W_NOISE_UNCERTAIN/guess')] };
    expect(suggestionFor(card({ frames: 30 }), doubtful)).toEqual(['some', 'doubt', 'frames']);
  });
});
