import { describe, expect, it } from 'vitest';
import { bias, biasField, biasModel } from '../../src-main/artifacts/bias.js';
import { ghost } from '../../src-main/artifacts/ghost.js';
import { gibbs } from '../../src-main/artifacts/gibbs.js';
import { motion, rotate } from '../../src-main/artifacts/motion.js';
import { spike } from '../../src-main/artifacts/spike.js';
import { Random } from '../../src-main/base/random.js';
import { distance, energy, planeOf } from './support.js';

/** A bright box in the upper part, so that its N/2 ghost falls on air. */
const box = planeOf(64, 48, (x, y) => (x >= 10 && x < 30 && y >= 8 && y < 20 ? 100 : 0));

function blob(x0: number, y0: number, rows = 64, columns = 64) {
  return planeOf(rows, columns, (x, y) => Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / 18));
}

describe('ghost', () => {
  it('lies half a field of view away, with the intensity asked for, and keeps the energy', () => {
    const phase = Math.atan(0.2);
    const out = ghost(box, { axis: 'y', period: 2, phase, slope: 0 });
    for (let y = 0; y < 64; y++)
      for (let x = 0; x < 48; x++) {
        const parent = box.values[y * 48 + x] * Math.cos(phase);
        const child = box.values[((y + 32) % 64) * 48 + x] * Math.sin(phase);
        expect(out[y * 48 + x]).toBeCloseTo(Math.hypot(parent, child), 4);
      }
    expect(out[44 * 48 + 20] / out[12 * 48 + 20]).toBeCloseTo(0.2, 5);
    expect(energy(out) / energy(box.values)).toBeCloseTo(1, 6);
  });

  it('is a copy half a field of view away for an odd number of lines too', () => {
    const odd = planeOf(65, 48, (x, y) => Math.exp(-((x - 24) ** 2 + (y - 14) ** 2) / 18));
    const out = ghost(odd, { axis: 'y', period: 2, phase: Math.atan(0.2), slope: 0 });
    for (let y = 38; y < 56; y++) {
      // half way between two lines
      const parent = Math.exp(-((y - 14 - 32.5) ** 2) / 18);
      expect(out[y * 48 + 24]).toBeCloseTo(Math.sin(Math.atan(0.2)) * parent, 2);
    }
  });

  it('lies a quarter of the field of view away for four lines, along the other axis if asked', () => {
    const out = ghost(box, { axis: 'x', period: 4, phase: 0.3, slope: 0 });
    const rowSum = (values: Float32Array, y: number) => values.subarray(y * 48, y * 48 + 48);
    expect(energy(rowSum(out, 30))).toBeLessThan(1e-6);
    expect(out[12 * 48 + 40]).toBeGreaterThan(5);
    expect(energy(out) / energy(box.values)).toBeCloseTo(1, 6);
  });
});

describe('gibbs', () => {
  it('rings with the period of the truncation: 2 / kept pixels', () => {
    const edge = planeOf(16, 512, (x) => (x >= 128 && x < 384 ? 1 : 0));
    for (const kept of [0.5, 0.25]) {
      const out = gibbs(edge, { keptX: kept, keptY: 1 });
      const row = Array.from(out.subarray(8 * 512, 9 * 512), (value) => value - 1);
      const peaks: number[] = [];
      for (let x = 132; x < 200; x++)
        if (row[x] > row[x - 1] && row[x] >= row[x + 1] && row[x] > 0) peaks.push(x);
      const spacings = peaks.slice(1).map((at, i) => at - peaks[i]);
      const mean = spacings.reduce((a, b) => a + b, 0) / spacings.length;
      expect(Math.abs(mean / (2 / kept) - 1)).toBeLessThan(0.05);
      // Gibbs: 9 % of the step, a little less between samples
      expect(Math.max(...row)).toBeGreaterThan(0.05);
      expect(Math.max(...row)).toBeLessThan(0.1);
    }
  });

  it('changes nothing where all was acquired and never adds energy', () => {
    expect(distance(gibbs(box, { keptX: 1, keptY: 1 }), box.values)).toBeLessThan(1e-5);
    expect(energy(gibbs(box, { keptX: 0.4, keptY: 0.6 }))).toBeLessThan(energy(box.values));
  });
});

describe('spike', () => {
  it('adds a plane wave of the amplitude and direction of the outlier', () => {
    const flat = planeOf(60, 80, () => 100);
    const out = spike(flat, [{ kx: 8, ky: -5, amplitude: 4, phase: 0.7 }]);
    for (let y = 0; y < 60; y += 7)
      for (let x = 0; x < 80; x += 3) {
        const angle = 2 * Math.PI * ((8 * x) / 80 - (5 * y) / 60) + 0.7;
        expect(out[y * 80 + x]).toBeCloseTo(Math.hypot(100 + 4 * Math.cos(angle), 4 * Math.sin(angle)), 3);
      }
  });
});

describe('bias', () => {
  it('is a smooth factor with the range of the severity', () => {
    const flat = planeOf(50, 60, () => 10);
    const severity = 40;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    const apply = biasModel.prepare(severity, flat, new Random(3));
    for (let slice = 0; slice <= 8; slice++) {
      const out = apply({ ...flat, height: slice / 8 }, new Random(1));
      for (let i = 1; i < out.length; i++) {
        least = Math.min(least, out[i]);
        most = Math.max(most, out[i]);
        if (i % 60 !== 0) expect(Math.abs(out[i] - out[i - 1])).toBeLessThan(0.3);
      }
    }
    expect(least).toBeGreaterThan(7.9);
    expect(most).toBeLessThan(12.1);
    expect(most - least).toBeGreaterThan(3);
  });

  it('multiplies: air stays air and ratios of neighbours stay', () => {
    const settings = { waves: [{ x: 1, y: 0.5, z: 0, amplitude: 1, phase: 0.2 }], range: 0.4 };
    const out = bias(box, settings);
    const field = biasField(settings);
    expect(out[0]).toBe(0);
    expect(out[12 * 48 + 20] / 100).toBeCloseTo(field(20.5 / 48, 12.5 / 64, 0.5), 5);
  });
});

describe('motion', () => {
  it('shifts the whole image where the pose holds for all lines', () => {
    const pose = { from: Number.NEGATIVE_INFINITY, shiftX: 5, shiftY: -3, degrees: 0 };
    expect(distance(motion(blob(30, 32), 'y', [pose]), blob(35, 29).values)).toBeLessThan(1e-6);
    expect(distance(motion(blob(30, 32), 'y', []), blob(30, 32).values)).toBeLessThan(1e-6);
  });

  it('rotates about the middle', () => {
    const turned = rotate(blob(31.5 + 12, 31.5), 90);
    expect(distance(turned, blob(31.5, 31.5 + 12).values)).toBeLessThan(1e-3);
  });

  it('smears along the phase-encoding axis only, for a shift along it', () => {
    const wide = planeOf(64, 64, (x, y) => (x >= 20 && x < 44 && y >= 24 && y < 40 ? 100 : 0));
    const out = motion(wide, 'y', [{ from: 10, shiftX: 0, shiftY: 4, degrees: 0 }]);
    const column = (x: number) => energy(Array.from({ length: 64 }, (_, y) => out[y * 64 + x]));
    expect(column(10)).toBeLessThan(1e-4);
    expect(out[5 * 64 + 30]).toBeGreaterThan(0.01);
    expect(energy(out) / energy(wide.values)).toBeCloseTo(1, 3);
  });
});
