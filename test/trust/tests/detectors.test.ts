import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { detectorBank } from '../../../src-main/trust/tests/detectors.js';

/** Neither is a multiple of the length of a vector. */
const COLUMNS = 37;
const ROWS = 29;
const SCALES = [0.8, 1.2, 1.8, 2.7, 4.05, 6.1];
const WHITE = { x: 0, y: 0 };

function drawnPlane(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: COLUMNS * ROWS }, () => random.normal());
}

/** One after the other along rows and columns, pixel by pixel, in double precision; nothing lies beyond the borders. */
function blurred(plane: ArrayLike<number>, deviation: number): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * deviation));
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-(((k - reach) / deviation) ** 2) / 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (values: ArrayLike<number>, dx: number, dy: number): Float64Array =>
    Float64Array.from({ length: values.length }, (_, i) => {
      let sum = 0;
      for (const [k, weight] of weights.entries())
        sum +=
          weight *
          valueAt(values, (i % COLUMNS) + dx * (k - reach), Math.floor(i / COLUMNS) + dy * (k - reach));
      return sum / total;
    });
  return along(along(plane, 1, 0), 0, 1);
}

function valueAt(values: ArrayLike<number>, x: number, y: number): number {
  return x < 0 || y < 0 || x >= COLUMNS || y >= ROWS ? 0 : values[y * COLUMNS + x];
}

function plainAnswers(plane: Float32Array): Float64Array[] {
  const scales: Float64Array[] = [];
  for (const [k, scale] of SCALES.entries())
    scales.push(
      k === 0 ? blurred(plane, scale) : blurred(scales[k - 1], Math.sqrt(scale ** 2 - SCALES[k - 1] ** 2)),
    );
  const spots = [0, 1, 2, 3].map((k) => scales[k].map((value, i) => value - scales[k + 2][i]));
  const lines = Array.from({ length: 16 }, (_, k) => {
    const angle = (Math.PI * (k % 8)) / 8;
    const spot = spots[Math.floor(k / 8)];
    return spot.map((_, i) => {
      let sum = 0;
      for (let point = -3; point <= 3; point++) {
        const along = point * 1.6 * SCALES[Math.floor(k / 8)];
        const [dx, dy] = [Math.round(along * Math.cos(angle)), Math.round(along * Math.sin(angle))];
        sum += valueAt(spot, (i % COLUMNS) + dx, Math.floor(i / COLUMNS) + dy);
      }
      return sum;
    });
  });
  return [...spots, ...lines];
}

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

describe('detectors of spots and lines', () => {
  const planes = [1, 2, 3].map(drawnPlane);
  const bank = detectorBank(COLUMNS, ROWS, WHITE);
  const spots = planes.map((plane) => bank.spots(plane));

  it('answer as filters of each pixel do, at borders too, and to a mean of planes as to the plane of the mean', () => {
    const mean = planes[0].map((value, i) => (value + planes[1][i] + planes[2][i]) / 3);
    const expected = plainAnswers(mean);
    let count = 0;
    bank.answers(spots, (answers, detector) => {
      expect(farthest(answers, expected[detector])).toBeLessThan(1e-5);
      count++;
    });
    expect(count).toBe(expected.length);
  });

  it('keep the largest answer of each pixel, but for what a result cannot be too bright by', () => {
    const shown = new Float32Array(COLUMNS * ROWS).fill(0.1);
    const spread = [0, 1].map((depth) => bank.detectors.map(({ deviation }) => deviation / (1 + depth)));
    const means = [spots.slice(0, 1), spots];
    const expected = new Float64Array(COLUMNS * ROWS);
    for (const [depth, seen] of means.entries())
      bank.answers(seen, (answers, detector) => {
        for (let i = 0; i < answers.length; i++)
          if (answers[i] / bank.detectors[detector].gain >= -0.1)
            expected[i] = Math.max(expected[i], Math.abs(answers[i]) / spread[depth][detector]);
      });
    const found = bank.strongest(means, spread, shown);
    expect(farthest(found.sizes, expected)).toBeLessThan(1e-4);
    expect(Math.min(...found.amplitudes)).toBeGreaterThanOrEqual(-0.1);
    expect(new Set(found.detectors).size).toBeGreaterThan(10);
  });
});
