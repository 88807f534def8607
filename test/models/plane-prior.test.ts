import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import {
  fitPlanePrior,
  type PlanePrior,
  planePriorBytes,
  readPlanePrior,
  samplePlane,
} from '../../src-main/models/plane-prior.js';

const SHAPE = [1, 6, 5, 2];

/** Planes whose first half always is the second one's opposite. */
function planes(count: number, shape: readonly number[] = SHAPE) {
  const length = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, n) => {
    const weight = new Random(n).normal();
    const data = Float32Array.from({ length }, (_, i) => 3 + (i < length / 2 ? weight : -weight));
    return { data, shape };
  });
}

function fitted(): PlanePrior {
  const prior = fitPlanePrior(planes(40), new Random(1));
  if (prior === null) throw new Error('There is no prior.');
  return prior;
}

describe('a prior of whole planes', () => {
  it('keeps what is far apart together, with the mean and spread of the planes', () => {
    const prior = fitted();
    const drawn = Array.from({ length: 400 }, (_, i) => samplePlane(prior, new Random(i)).data);
    for (const data of drawn) expect(data[0] - 3).toBeCloseTo(3 - data[59], 2);
    const mean = drawn.reduce((sum, data) => sum + data[0], 0) / drawn.length;
    const variance = drawn.reduce((sum, data) => sum + (data[0] - mean) ** 2, 0) / drawn.length;
    const given = planes(40).map(({ data }) => data[0]);
    const centre = given.reduce((a, b) => a + b, 0) / given.length;
    const spread = given.reduce((sum, value) => sum + (value - centre) ** 2, 0) / given.length;
    expect(Math.abs(mean - centre)).toBeLessThan(0.2);
    expect(variance / spread).toBeGreaterThan(0.8);
    expect(variance / spread).toBeLessThan(1.25);
  });

  it('is fitted on the most frequent size, and on enough planes only', () => {
    const mixed = [...planes(5, [1, 3, 3, 2]), ...planes(20)];
    expect(fitPlanePrior(mixed, new Random(1))).toMatchObject({ rows: 6, columns: 5, planes: 20 });
    expect(fitPlanePrior(planes(15), new Random(1))).toBeNull();
    expect(fitPlanePrior([], new Random(1))).toBeNull();
  });

  it('comes back from its bytes, and not from damaged ones', () => {
    const prior = fitted();
    const bytes = planePriorBytes(prior);
    expect(readPlanePrior(bytes)).toEqual(prior);
    expect(readPlanePrior(bytes.subarray(0, bytes.length - 1))).toBeNull();
    expect(readPlanePrior(new Uint8Array(3))).toBeNull();
    const damaged = Uint8Array.from(bytes);
    damaged.fill(255, 0, 12);
    expect(readPlanePrior(damaged)).toBeNull();
    const endless = Uint8Array.from(bytes);
    endless.fill(255, 20, 24);
    expect(readPlanePrior(endless)).toBeNull();
  });
});
