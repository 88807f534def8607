import { describe, expect, it } from 'vitest';
import { nearestSeries } from '../../src-main/analysis/retrieval/search.js';
import { squaredDistance } from '../../src-main/base/linear/clusters.js';
import { Random } from '../../src-main/base/random.js';

describe('the search of series', () => {
  it('finds the same as distances to all, one slice a series', () => {
    const random = new Random(9);
    const length = 19;
    const sizes = [4, 1, 7, 3, 6, 2, 9, 5];
    const rows = sizes.reduce((sum, size) => sum + size, 0);
    const vectors = Float32Array.from({ length: rows * length }, () => random.normal());
    const wanted = Float32Array.from({ length }, () => random.normal());
    let first = 0;
    const series = sizes.map((slices, i) => {
      const one = { id: `${i}`, seriesInstanceUid: null, modality: 'MR', slices, frames: 1, first };
      first += slices;
      return { ...one, forPerson: { place: '', description: '' } };
    });
    const all = series.map((one, i) => {
      const distances = Array.from({ length: one.slices }, (_, k) =>
        squaredDistance(vectors, (one.first + k) * length, wanted, 0, length),
      );
      const least = Math.min(...distances);
      return { series: i, row: one.first + distances.indexOf(least), distance: Math.sqrt(least) };
    });
    all.sort((a, b) => a.distance - b.distance);
    const found = nearestSeries(vectors, series, wanted, 5);
    expect(found.map(({ series: at, row }) => [at, row])).toEqual(
      all.slice(0, 5).map((one) => [one.series, one.row]),
    );
    found.forEach(({ distance }, i) => {
      expect(distance).toBeCloseTo(all[i].distance, 5);
    });
    const without = nearestSeries(vectors, series, wanted, 50, ({ id }) => id === '2');
    expect(without).toHaveLength(7);
  });
});
