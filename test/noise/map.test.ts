import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { toUnitNoise } from '../../src-main/noise/domain.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { volumeOf } from '../imaging/support.js';

const [COLUMNS, ROWS, SLICES] = [96, 96, 8];

/** What `of` gives at each voxel; x and y from -1 to 1. */
function field(of: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: COLUMNS * ROWS * SLICES }, (_, i) =>
    of((2 * (i % COLUMNS)) / (COLUMNS - 1) - 1, (2 * (Math.floor(i / COLUMNS) % ROWS)) / (ROWS - 1) - 1),
  );
}

/** A head with a brighter core and slow shading, on black. */
function head(): Volume {
  const data = field((x, y) => {
    if (Math.hypot(x / 0.71, y / 0.83) >= 1) return 0;
    const core = Math.hypot((x - 0.1) / 0.29, (y + 0.12) / 0.37) < 1 ? 300 : 0;
    return 500 + core + 60 * Math.sin(5 * x) * Math.cos(4 * y);
  });
  return volumeOf(data, [COLUMNS, ROWS, SLICES]);
}

/** The head with `texture` over all of its tissue. */
function textured(texture: Float32Array): Volume {
  return withData(
    head(),
    head().data.map((value, i) => (value === 0 ? 0 : Math.max(1, value + texture[i]))),
  );
}

const codes = (estimate: ReturnType<typeof estimateNoise>) => estimate.warnings.map(({ code }) => code);

/** From 2 / (1 + times) to that many times as much of the middle level. */
const ramp = (middle: number, times: number, at: number): number =>
  (middle * (2 + (times - 1) * (at + 1))) / (1 + times);

const FIELDS: [string, (x: number, y: number) => number][] = [
  ['rises 3-fold along rows', (x) => ramp(40, 3, x)],
  ['falls 8-fold along columns', (_, y) => ramp(40, 8, -y)],
  ['is high in the middle', (x, y) => 15 * (1 + 2 * Math.exp(-(x * x + y * y) / 0.32))],
];

describe.each([
  ['rician', 0],
  ['gaussian', 0],
  ['rician', 1.6],
  ['gaussian', 1.6],
] as const)('the map of %s noise of a kernel %d pixels wide', (kind, correlation) => {
  it.each(FIELDS)('is that of noise that %s', (_, level) => {
    const clean = head();
    const truth = field(level);
    const e = estimateNoise(simulateNoise(clean, { kind, sigma: truth, correlation, seed: 21 }));
    expect(codes(e)).toContain('W_NOISE_VARIES');
    const map = e.map ?? new Float32Array(truth.length);
    const inside = [...truth.keys()].filter((i) => clean.data[i] > 0);
    const off = inside.reduce((sum, i) => sum + Math.abs(map[i] / truth[i] - 1), 0) / inside.length;
    expect(off).toBeLessThan(0.15);
  });

  it.each([10, 40])('is not drawn where the noise is %d everywhere', (sigma) => {
    for (const seed of [1, 2, 3]) {
      const e = estimateNoise(simulateNoise(head(), { kind, sigma, correlation, seed }));
      expect(e.map === null).toBe(true);
      expect(codes(e)).not.toContain('W_NOISE_VARIES');
    }
  });
});

describe('a map of the anatomy', () => {
  const nothing = volumeOf(new Float32Array(COLUMNS * ROWS * SLICES), [COLUMNS, ROWS, SLICES]);
  const smooth = (fwhm: number): Float32Array =>
    simulateNoise(nothing, { kind: 'gaussian', sigma: 1, correlation: fwhm, seed: 5 }).data;
  const times = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value * b[i]);
  const rising = (): Float32Array => field((x) => 40 * (x + 1));
  const core = (): Float32Array => field((x, y) => (Math.hypot(x, y) < 0.36 ? 60 : 0));
  const bars = (x: number, y: number): number => (x > 0 ? 80 * Math.sin(62 * x) * Math.sin(52 * y) : 0);
  const folds = (x: number, y: number): number => {
    const radius = Math.hypot(x / 0.71, y / 0.83);
    return radius > 0.6 ? 100 * Math.sign(Math.sin(24 * Math.atan2(y, x) + 8 * radius)) : 0;
  };

  it.each<[string, () => Float32Array, number]>([
    ['texture that fades along rows', () => times(smooth(2), rising()), 10],
    ['texture in the core alone', () => times(smooth(2), core()), 10],
    ['broad texture on one side', () => times(smooth(4), rising()), 10],
    ['bars on one side', () => field(bars), 15],
    ['folds along the rim', () => field(folds), 10],
  ])('is refused: %s', (_, texture, sigma) => {
    const e = estimateNoise(simulateNoise(textured(texture()), { kind: 'rician', sigma, seed: 9 }));
    expect(e.map === null).toBe(true);
    expect(codes(e)).not.toContain('W_NOISE_VARIES');
  });
});

describe('the domain of unit noise under a map', () => {
  it('has the same noise at both ends', () => {
    const clean = head();
    const truth = field((_, y) => ramp(70, 8, y));
    const noisy = simulateNoise(clean, { kind: 'rician', sigma: truth, seed: 33 });
    const e = estimateNoise(noisy);
    expect(e.distribution).toBe('rician');
    const unit = toUnitNoise(noisy, e).values;
    const ideal = toUnitNoise(clean, e).values;
    for (const upper of [true, false]) {
      const end = [...truth.keys()].filter((i) => {
        const row = Math.floor(i / COLUMNS) % ROWS;
        return clean.data[i] > 0 && (upper ? row < 24 : row >= 72);
      });
      const power = end.reduce((sum, i) => sum + (unit[i] - ideal[i]) ** 2, 0) / end.length;
      expect(Math.abs(Math.sqrt(power) - 1)).toBeLessThan(0.2);
    }
  });
});
