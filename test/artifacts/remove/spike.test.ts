import { describe, expect, it } from 'vitest';
import { despiked } from '../../../src-main/artifacts/remove/planes/spikes.js';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { spikeRemover } from '../../../src-main/artifacts/remove/spike.js';
import { type Spike, spike } from '../../../src-main/artifacts/spike.js';
import { simulateNoise } from '../../../src-main/noise/simulate.js';
import { distance } from '../support.js';
import { acquiredPhantom, leaveInMemory, stackOf } from './support.js';

const MR = { modality: 'MR', phase: null };
const SIDE = 96;
const plane = acquiredPhantom(SIDE, 95).means.map((value) => Math.max(0, value));

function striped(spikes: readonly Spike[], values = plane): Float32Array {
  return spike({ values, rows: SIDE, columns: SIDE, height: 0.5, pixel: 1, air: 0, water: 1 }, spikes);
}

const SPIKES: readonly Spike[] = [
  { kx: 14, ky: -23, amplitude: 90, phase: 1 },
  { kx: -31, ky: 9, amplitude: 60, phase: -2 },
  { kx: 11, ky: 30, amplitude: 80, phase: 2.5 },
  { kx: -8, ky: -12, amplitude: 70, phase: 0.3 },
  { kx: 25, ky: 17, amplitude: 75, phase: -1 },
];
const broken = striped(SPIKES.slice(0, 3));
const gain = (before: Float32Array, after: Float32Array) =>
  20 * Math.log10(distance(before, plane) / distance(after, plane));
describe('stripes of spikes in k-space', () => {
  it.each([1, 2, 3, 5])('of %d waves are gone by 12 dB, from their plane alone', (count) => {
    const spikes = SPIKES.slice(0, count);
    const broken = striped(spikes);
    const look = spikeRemover.look(stackOf([plane, broken, plane], SIDE), MR);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(look.facts).toEqual({ planes: 1 });
    const { data } = look.remove();
    const area = SIDE * SIDE;
    expect(data.subarray(0, area)).toEqual(plane);
    expect(data.subarray(2 * area)).toEqual(plane);
    expect(gain(broken, data.subarray(area, 2 * area))).toBeGreaterThan(12);
  });

  it('leave what is far brighter than they are as bright as it was', () => {
    const dots = plane.map((value, i) => ((i * 7919) % 997 === 0 && value > 200 ? 4 * value : value));
    const look = spikeRemover.look(stackOf([striped(SPIKES.slice(0, 1), dots)], SIDE), MR);
    expect(look.sure).toBeGreaterThan(SURE);
    const { data } = look.remove();
    const bright = dots.map((value, i) => (value > 1000 ? data[i] / value : 1));
    expect(Math.min(...bright)).toBeGreaterThan(0.95);
  });

  it('are not found where there are none, with and without noise, and nothing is changed', () => {
    const clean = stackOf([plane, plane], SIDE);
    for (const volume of [clean, simulateNoise(clean, { kind: 'rician', sigma: 30, seed: 1 })]) {
      const look = spikeRemover.look(volume, MR);
      expect(look.sure).toBe(0);
      expect(look.remove()).toBe(volume);
    }
  });

  it.each([
    [91, 96],
    [96, 91],
    [93, 93],
  ])('of planes of %i x %i are the same whatever the thread did before', (rows, columns) => {
    const values = Float32Array.from(
      { length: rows * columns },
      (_, i) => broken[Math.floor(i / columns) * SIDE + (i % columns)],
    );
    const after = [0, 1e5, -1e5, Number.NaN].map((left) => {
      leaveInMemory(left, 40 * SIDE * SIDE);
      return despiked({ values, rows, columns }, 0.02);
    });
    for (const one of after) expect(one).toEqual(after[0]);
    expect(after[0].waves.length).toBeGreaterThan(0);
  });

  it('are no stripes of tissue over air that shows none: removed, they were drawn into the air', () => {
    const gyri = plane.map((value, i) =>
      value > 200 ? value * (1 + 0.3 * Math.cos((2 * Math.PI * 17 * (i % SIDE)) / SIDE)) : value,
    );
    const volume = stackOf([gyri], SIDE);
    const look = spikeRemover.look(volume, MR);
    expect(look.sure).toBe(0);
    expect(look.remove()).toBe(volume);
  });
});
