import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { residualStatistics } from '../../../src-main/trust/tests/residual.js';
import { LIMITS, residualWarnings } from '../../../src-main/trust/tests/verdict.js';
import { blur, CH2, ch2Missing, maximumOf, readSlices, withNoise } from '../volumes.js';

const KINDS = ['gaussian', 'rician'] as const;
const LEVELS = [1, 5, 9];

/** A box with a ramp and a bar in air; enough to have edges, without any file. */
function phantom(columns: number, rows: number, slices: number): Volume {
  const data = new Float32Array(columns * rows * slices);
  for (let i = 0; i < data.length; i++) {
    const x = i % columns;
    const y = Math.floor(i / columns) % rows;
    const inside = x > columns / 8 && x < (7 * columns) / 8 && y > rows / 8 && y < (7 * rows) / 8;
    data[i] = inside ? 500 + x + (y % 32 < 8 ? 300 : 0) : 0;
  }
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const spacing = [1, 1, 1] as const;
  return {
    data,
    columns,
    rows,
    slices,
    frames: 1,
    spacing,
    affine,
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

describe.skipIf(ch2Missing)('a T1 brain with simulated noise', () => {
  const clean = ch2Missing ? phantom(8, 8, 1) : readSlices(CH2, 76, 88);
  const cases = KINDS.flatMap((kind) => LEVELS.map((level) => ({ kind, level })));

  it.each(cases)('passes an ideal denoiser, $kind $level %', ({ kind, level }) => {
    const sigma = (maximumOf(clean) * level) / 100;
    const found = residualStatistics(withNoise(clean, sigma, kind, 3), clean, { sigma, distribution: kind });
    expect(found.reasons).toEqual([]);
    expect(found.verdict).toBe('pass');
    expect(found.sdOverSigma).toBeCloseTo(1, 1);
    expect(Math.abs(found.meanOverSigma ?? 1)).toBeLessThan(0.02);
    expect(found.edgeRatio).toBeCloseTo(1, 1);
    expect(found.localMeanRatio).toBeCloseTo(1, 1);
    for (const axis of ['x', 'y', 'z'] as const)
      expect(Math.abs(found.correlation[axis] ?? 1)).toBeLessThan(0.02);
  });

  it.each(cases)('fails a strong blur, $kind $level %', ({ kind, level }) => {
    const sigma = (maximumOf(clean) * level) / 100;
    const noisy = withNoise(clean, sigma, kind, 3);
    const found = residualStatistics(noisy, blur(noisy, 2.5), { sigma, distribution: kind });
    expect(found.verdict).toBe('fail');
    expect(residualWarnings(found).map((problem) => problem.code)).toContain('W_RESIDUAL');
  });

  it.each(cases)('says that the identity removed nothing, $kind $level %', ({ kind, level }) => {
    const sigma = (maximumOf(clean) * level) / 100;
    const noisy = withNoise(clean, sigma, kind, 3);
    const found = residualStatistics(noisy, noisy, { sigma, distribution: kind });
    expect(found.verdict).toBe('warn');
    expect(found.reasons).toHaveLength(1);
    expect(found.reasons[0].message).toMatch(/nothing was removed/);
  });

  it('sees a faint structure that was removed with the noise', () => {
    const sigma = (maximumOf(clean) * 5) / 100;
    const noisy = withNoise(clean, sigma, 'gaussian', 3);
    // discs of 6 voxels, 2 sigma deep, every 16 voxels: hard to see in one voxel, plain as a pattern
    const punched = clean.data.map((value, i) => {
      const x = (i % clean.columns) % 16;
      const y = (Math.floor(i / clean.columns) % clean.rows) % 16;
      return value > 20 && (x - 8) ** 2 + (y - 8) ** 2 < 9 ? value - 2 * sigma : value;
    });
    const found = residualStatistics(noisy, withData(clean, punched), { sigma, distribution: 'gaussian' });
    expect(found.verdict).not.toBe('pass');
    expect(found.reasons.map((reason) => reason.measure)).toContain('correlation');
  });
});

describe('residualStatistics', () => {
  it('forgives a residual the correlation that its noise had', () => {
    const clean = phantom(96, 96, 8);
    const white = withNoise(withData(clean, new Float32Array(clean.data.length)), 1, 'gaussian', 5);
    // a blur of unit noise; its own deviation is measured, so that only the correlation is at stake
    const noise = blur(white, 0.7).data;
    const sigma = 20;
    const scale = sigma / Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
    const noisy = withData(
      clean,
      clean.data.map((value, i) => value + scale * noise[i]),
    );
    const rho = Math.exp(-1 / (4 * 0.7 ** 2));
    const options = { sigma, distribution: 'gaussian' } as const;
    const told = residualStatistics(noisy, clean, { ...options, noiseCorrelation: { x: rho, y: rho, z: 0 } });
    expect(told.correlation.x).toBeCloseTo(rho, 1);
    expect(told.verdict).toBe('pass');
    expect(residualStatistics(noisy, clean, options).verdict).toBe('fail');
  });

  it('sees that the whole image became darker', () => {
    const clean = phantom(96, 96, 4);
    const noisy = withNoise(clean, 20, 'gaussian', 1);
    const darker = withData(
      clean,
      clean.data.map((value) => value - 12),
    );
    const found = residualStatistics(noisy, darker, { sigma: 20, distribution: 'gaussian' });
    expect(found.meanOverSigma).toBeCloseTo(0.6, 1);
    expect(found.reasons.find((reason) => reason.measure === 'meanOverSigma')?.verdict).toBe('fail');
  });

  it('uses a map of the level, of one frame for all frames, and mends its holes', () => {
    const one = phantom(96, 96, 4);
    const clean = { ...one, frames: 2, data: Float32Array.from([...one.data, ...one.data]) };
    const map = Float32Array.from(one.data, (_, i) => 10 + (i % 96) / 3);
    const random = new Random(9);
    const noisy = withData(
      clean,
      clean.data.map((value, i) => value + map[i % map.length] * random.normal()),
    );
    map[0] = 0;
    const found = residualStatistics(noisy, clean, { sigma: map, distribution: 'gaussian' });
    expect(found.verdict).toBe('pass');
    expect(found.sdOverSigma).toBeCloseTo(1, 1);
  });

  it('leaves padding out, and says when too little is left to judge', () => {
    const clean = phantom(64, 64, 2);
    const measured = new Uint8Array(clean.data.length);
    measured.fill(1, 64 * 20, 64 * 25);
    const noisy = { ...withNoise(clean, 20, 'gaussian', 1), measured };
    const found = residualStatistics(noisy, { ...clean, measured }, { sigma: 20, distribution: 'gaussian' });
    expect(found.voxels).toBeLessThan(LIMITS.voxels.warn);
    expect(found.reasons.map((reason) => reason.measure)).toEqual(['voxels']);
    expect(JSON.stringify(found)).not.toMatch(/NaN|Infinity/);
  });

  it('judges an empty volume without a division by zero', () => {
    const empty = withData(phantom(16, 16, 1), new Float32Array(256));
    const found = residualStatistics(empty, empty, { sigma: 1, distribution: 'rician' });
    expect(found.voxels).toBe(0);
    expect(found.sdOverSigma).toBeNull();
    expect(found.verdict).toBe('warn');
  });

  it('judges nothing where the level of the noise is not known', () => {
    const clean = phantom(64, 64, 2);
    const found = residualStatistics(withNoise(clean, 5, 'gaussian', 1), clean, {
      sigma: 0,
      distribution: 'gaussian',
    });
    expect(found.reasons.map((reason) => reason.measure)).toEqual(['sigma']);
    expect(JSON.stringify(found)).not.toMatch(/NaN|Infinity/);
  });
});
