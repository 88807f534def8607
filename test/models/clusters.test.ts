import { describe, expect, it } from 'vitest';
import { kMeans, type Rows, silhouette } from '../../src-main/base/linear/clusters.js';
import { Random } from '../../src-main/base/random.js';
import { neighbourPlane, principalPlane } from '../../src-main/models/embedding.js';

/** Three clouds of 30, 20 and 10 points in ten dimensions, mixed. */
function clouds(spread: number): { rows: Rows; truth: number[] } {
  const random = new Random(5);
  const centres = [0, 1, 2].map(() => Array.from({ length: 10 }, () => 4 * random.normal()));
  const truth = random.shuffle([...Array(30).fill(0), ...Array(20).fill(1), ...Array(10).fill(2)]);
  const data = Float32Array.from(
    truth.flatMap((cloud: number) => centres[cloud].map((value) => value + spread * random.normal())),
  );
  return { rows: { data, length: 10 }, truth };
}

describe('clusters', () => {
  it('finds clouds that are there, the largest first, and the same ones again', () => {
    const { rows, truth } = clouds(0.5);
    const { labels, inertia } = kMeans(rows, 3, new Random(1));
    expect([...labels]).toEqual(truth);
    expect(kMeans(rows, 3, new Random(1)).inertia).toBe(inertia);
    // Of 60 points in 10 dimensions with variance 1/4.
    expect(inertia).toBeGreaterThan(110);
    expect(inertia).toBeLessThan(190);
  });

  it('tells apart by the silhouette how many there are', () => {
    const { rows } = clouds(0.5);
    const scores = [2, 3, 4, 5].map((k) => silhouette(rows, kMeans(rows, k, new Random(1)).labels) ?? 0);
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
    expect(scores[1]).toBeGreaterThan(0.7);
    expect(silhouette(rows, new Int32Array(60))).toBeNull();
  });

  it('keeps no cluster empty: equal points make fewer', () => {
    const data = Float32Array.from([1, 1, 1, 1, 1, 1, 9, 9]);
    const { labels, centres } = kMeans({ data, length: 2 }, 3, new Random(1));
    expect([...labels]).toEqual([0, 0, 0, 1]);
    expect([...centres]).toEqual([1, 1, 9, 9]);
  });
});

describe('maps of vectors', () => {
  it('lay clouds apart, and are the same for the same seed', () => {
    const { rows, truth } = clouds(0.5);
    const umap = neighbourPlane(rows, new Random(2));
    expect(neighbourPlane(rows, new Random(2))).toEqual(umap);
    expect(nearestOfSameCloud(umap ?? new Float64Array(0), truth)).toBe(1);
    const { points, explained } = principalPlane(rows, new Random(2));
    expect(nearestOfSameCloud(points, truth)).toBe(1);
    expect(explained[0]).toBeGreaterThan(explained[1]);
    expect(explained[0] + explained[1]).toBeGreaterThan(0.9);
  });

  it('give no neighbourhoods of fewer than ten', () => {
    expect(neighbourPlane({ data: new Float32Array(18), length: 2 }, new Random(1))).toBeNull();
  });
});

function nearestOfSameCloud(points: Float64Array, truth: readonly number[]): number {
  const distance = (i: number, j: number) =>
    Math.hypot(points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
  const right = truth.filter((cloud, i) => {
    const others = truth.map((_, j) => (j === i ? Number.POSITIVE_INFINITY : distance(i, j)));
    return truth[others.indexOf(Math.min(...others))] === cloud;
  });
  return right.length / truth.length;
}
