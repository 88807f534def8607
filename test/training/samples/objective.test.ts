import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { drawNoise, makeBatch } from '../../../src-main/training/samples/objective.js';

const SIZE = 64;

function correlation(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

function lag(noise: Float32Array, columns: number, step: number): number {
  const last = noise.length - step;
  const keep = (i: number): boolean => step >= columns || i % columns < columns - 1;
  const index = Array.from({ length: last }, (_, i) => i).filter(keep);
  return correlation(
    Float32Array.from(index, (i) => noise[i]),
    Float32Array.from(index, (i) => noise[i + step]),
  );
}

describe('recorrupted pairs', () => {
  it('have independent noise in input and target', () => {
    const random = new Random(3);
    const signal = 50;
    const noise = random.normals(new Float32Array(SIZE * SIZE));
    const patch = { values: noise.map((n) => signal + n), weight: new Float32Array(SIZE * SIZE).fill(1) };
    const objective = { kind: 'recorrupted', alpha: 0.5, correlation: [0, 0] } as const;
    const inputs: number[] = [];
    const targets: number[] = [];
    for (let k = 0; k < 20; k++) {
      const fresh = random.normals(new Float32Array(SIZE * SIZE));
      const one = { ...patch, values: fresh.map((n) => signal + n) };
      const batch = makeBatch(objective, () => one, 1, SIZE, random);
      for (const value of batch.input) inputs.push(value - signal);
      for (const value of batch.target) targets.push(value - signal);
    }
    expect(Math.abs(correlation(Float32Array.from(inputs), Float32Array.from(targets)))).toBeLessThan(0.015);
  });

  it.each([
    [0, 0],
    [0.4, 0],
    [0.3, 0.45],
    [0.7, 0.6],
    [-0.3, 0.2],
  ] as const)('draw unit noise with lag-1 correlation %s along rows and %s along columns', (x, y) => {
    const noise = drawNoise(512, 512, [x, y], new Random(9));
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
    expect(variance).toBeGreaterThan(0.96);
    expect(variance).toBeLessThan(1.04);
    expect(lag(noise, 512, 1)).toBeCloseTo(x, 1);
    expect(lag(noise, 512, 512)).toBeCloseTo(y, 1);
  });
});

describe('masked patches', () => {
  const objective = { kind: 'masked', cell: 5, span: [0, 0] } as const;

  it('hide one pixel a cell, judge only that one, and leave the rest', () => {
    const random = new Random(1);
    const values = random.normals(new Float32Array(SIZE * SIZE));
    const patch = { values, weight: new Float32Array(SIZE * SIZE).fill(1) };
    const batch = makeBatch(objective, () => patch, 1, SIZE, random);
    const judged = batch.weight.reduce((sum, w) => sum + w, 0);
    expect(judged).toBeGreaterThan(0.8 * Math.ceil(SIZE / 5) ** 2);
    expect(judged).toBeLessThanOrEqual(Math.ceil(SIZE / 5) ** 2);
    for (let i = 0; i < values.length; i++) {
      expect(batch.target[i]).toBe(values[i]);
      if (batch.weight[i] === 0) expect(batch.input[i]).toBe(values[i]);
    }
  });

  it('hide the neighbours along the axis of a correlation too', () => {
    const random = new Random(1);
    const values = random.normals(new Float32Array(SIZE * SIZE));
    const patch = { values, weight: new Float32Array(SIZE * SIZE).fill(1) };
    const structured = { kind: 'masked', cell: 32, span: [2, 0] } as const;
    const batch = makeBatch(structured, () => patch, 1, SIZE, random);
    let alongRow = 0;
    let alongColumn = 0;
    for (let y = 3; y < SIZE - 3; y++)
      for (let x = 3; x < SIZE - 3; x++)
        if (batch.weight[y * SIZE + x] === 1) {
          for (const d of [-2, -1, 1, 2]) {
            if (batch.input[y * SIZE + x + d] !== values[y * SIZE + x + d]) alongRow++;
            if (batch.input[(y + d) * SIZE + x] !== values[(y + d) * SIZE + x]) alongColumn++;
          }
        }
    expect(alongRow).toBeGreaterThanOrEqual(4);
    expect(alongColumn).toBe(0);
  });
});
