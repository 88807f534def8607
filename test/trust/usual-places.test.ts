import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { planeFeatures } from '../../src-main/trust/plane-features.js';
import type { Plane } from '../../src-main/trust/unlike.js';
import {
  featureScores,
  fitPlaces,
  placesBytes,
  readPlaces,
  type UsualPlaces,
} from '../../src-main/trust/usual-places.js';

const SIDE = 64;

/** An ellipse of tissue that is brighter on its left, with noise; `alter` changes it. */
function drawn(seed: number, alter: (x: number, y: number) => number = () => 0, side = SIDE): Plane {
  const random = new Random(seed);
  const [cx, cy] = [0.5 + 0.02 * random.normal(), 0.5 + 0.02 * random.normal()];
  const values = Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    const inside = ((x - cx) / 0.36) ** 2 + ((y - cy) / 0.42) ** 2 < 1;
    return (inside ? 0.8 - 0.5 * x + alter(x, y) : 0) + 0.02 * random.normal();
  });
  return { values, rows: side, columns: side };
}

function learnt(count = 16): UsualPlaces {
  const planes = Array.from({ length: count }, (_, i) => planeFeatures(drawn(i + 1), null));
  const places = fitPlaces(planes, new Random(1));
  if (places === null) throw new Error('There is no body.');
  return places;
}

const meanOver = (scores: Float32Array, side: number, x: number, y: number): number => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (Math.hypot((i % side) / side - x, Math.floor(i / side) / side - y) > 0.05) continue;
    sum += scores[i];
    count++;
  }
  return sum / count;
};

describe('what is usual at places', () => {
  it('finds tissue that would be usual elsewhere', () => {
    // As bright as the left side, on the right.
    const odd = (x: number, y: number): number => (Math.hypot(x - 0.68, y - 0.5) < 0.08 ? 0.2 : 0);
    const places = learnt();
    const scores = featureScores(places, drawn(90, odd), null);
    const usual = featureScores(places, drawn(90), null);
    expect(meanOver(scores, SIDE, 0.68, 0.5)).toBeGreaterThan(2 * meanOver(usual, SIDE, 0.68, 0.5));
    expect(meanOver(scores, SIDE, 0.35, 0.5)).toBeLessThan(1.3 * meanOver(usual, SIDE, 0.35, 0.5));
  });

  it('finds another texture of the same mean', () => {
    const ripple = (x: number, y: number): number =>
      Math.hypot(x - 0.5, y - 0.5) < 0.1 ? 0.2 * Math.sin(SIDE * x * 1.6) * Math.sin(SIDE * y * 1.6) : 0;
    const places = learnt();
    const here = meanOver(featureScores(places, drawn(91, ripple), null), SIDE, 0.5, 0.5);
    expect(here).toBeGreaterThan(3 * meanOver(featureScores(places, drawn(91), null), SIDE, 0.5, 0.5));
  });

  it('describes an image of a finer matrix alike', () => {
    const factor = 256 / 128;
    const coarse = planeFeatures(
      drawn(3, () => 0, 128),
      null,
    );
    const fine = planeFeatures(
      drawn(3, () => 0, 256),
      null,
    );
    expect([fine.rows, fine.columns, fine.shrink]).toEqual([coarse.rows, coarse.columns, factor]);
    const centre = (32 * fine.columns + 32) * 8;
    expect(fine.values[centre + 2]).toBeCloseTo(coarse.values[centre + 2], 1);
  });

  it('scores nothing where there is no body, and blames no gap on what is around it', () => {
    const places = learnt();
    const air: Plane = { values: new Float32Array(SIDE * SIDE), rows: SIDE, columns: SIDE };
    expect(featureScores(places, air, null).every((score) => score === 0)).toBe(true);
    const plane = drawn(92);
    const measured = new Uint8Array(SIDE * SIDE).fill(1);
    const gap = plane.values.slice();
    for (let y = 30; y < 34; y++)
      for (let x = 30; x < 34; x++) {
        gap[y * SIDE + x] = 0;
        measured[y * SIDE + x] = 0;
      }
    const holed = { ...plane, values: gap };
    const at = (scores: Float32Array): number => meanOver(scores, SIDE, 0.5, 0.5);
    const known = at(featureScores(places, holed, measured));
    expect(known).toBeLessThan(1.5 * at(featureScores(places, plane, null)));
    expect(at(featureScores(places, holed, null))).toBeGreaterThan(2 * known);
  });

  it('is the same after it was bytes, and is none of bytes that are none', () => {
    const places = learnt();
    const bytes = placesBytes(places);
    expect(readPlaces(bytes)).toEqual(places);
    expect(readPlaces(bytes.subarray(1))).toBeNull();
    expect(readPlaces(new Uint8Array(0))).toBeNull();
    const broken = Uint8Array.from(bytes);
    broken.fill(255, 4, 8);
    expect(readPlaces(broken)).toBeNull();
  });

  it('knows several kinds of planes, and none of planes without a body', () => {
    const other = (seed: number): Plane => {
      const plane = drawn(seed);
      return { ...plane, values: plane.values.map((_, i) => plane.values[SIDE * SIDE - 1 - i]) };
    };
    const planes = Array.from({ length: 24 }, (_, i) =>
      planeFeatures(i % 2 === 0 ? drawn(i + 1) : other(i + 1), null),
    );
    const places = fitPlaces(planes, new Random(1));
    expect(places?.kinds).toBe(2);
    const empty: Plane = { values: new Float32Array(SIDE * SIDE), rows: SIDE, columns: SIDE };
    expect(fitPlaces([planeFeatures(empty, null)], new Random(1))).toBeNull();
  });
});
