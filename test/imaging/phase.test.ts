import { expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { mpPca } from '../../src-main/filters/mppca.js';
import { magnitudeOf } from '../../src-main/imaging/complex.js';
import { shotPhaseOf, turnedBy } from '../../src-main/imaging/phase.js';

const SIDE = 48;
const SLICES = 5;
const VOLUMES = 12;
const AREA = SIDE * SIDE;
const COUNT = AREA * SLICES * VOLUMES;
const SIGMA = 60;

/** Diffusion of fibres that turn, in an ellipse; the phase of every shot has a ramp and a bend of its own. */
function drawn(shots: number) {
  const random = new Random(3);
  const truth = new Float32Array(COUNT);
  const parts = new Float32Array(2 * COUNT);
  for (let at = 0; at < COUNT; at++) {
    const plane = Math.floor(at / AREA);
    const volume = Math.floor(plane / SLICES);
    const [x, y] = [(2 * (at % SIDE)) / SIDE - 1, (2 * (Math.floor(at / SIDE) % SIDE)) / SIDE - 1];
    const along = Math.cos(3 * x - (Math.PI * volume) / VOLUMES) ** 2;
    const inside = Math.hypot(x / 0.85, y / 0.9) < 1;
    truth[at] = inside ? 600 * Math.exp(-0.5 - 1.2 * along) : 0;
    const turn = (frequency: number) => Math.sin(frequency * (volume + 1) + plane);
    const phase =
      Math.sin(2 * x + y) +
      4 * volume +
      shots * (6 * turn(1) * x + 6 * turn(2) * y + 3 * turn(3) * (x * x - y * y));
    parts[at] = truth[at] * Math.cos(phase) + SIGMA * random.normal();
    parts[COUNT + at] = truth[at] * Math.sin(phase) + SIGMA * random.normal();
  }
  return { truth, parts };
}

function denoised(data: Float32Array, frames: number): Float32Array {
  const grid = { columns: SIDE, rows: SIDE, slices: SLICES };
  const mostVariance = Number.POSITIVE_INFINITY;
  const settings = { radius: 2, radiusThrough: 2, stride: 2, shrink: true, mostVariance };
  const unit = data.map((value) => value / SIGMA);
  return mpPca(unit, frames, grid, { from: 0, to: SLICES }, settings).map((value) => value * SIGMA);
}

function errorOf(found: Float32Array, truth: Float32Array): number {
  let [sum, count] = [0, 0];
  for (const [i, value] of truth.entries()) {
    if (value === 0) continue;
    sum += (found[i] - value) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
}

it('is taken away where shots have phases of their own, and beats both other ways', () => {
  const { truth, parts } = drawn(1);
  const phase = shotPhaseOf({ parts, rows: SIDE, columns: SIDE }, VOLUMES);
  if (phase === null) throw new Error('nothing is taken away');
  const without = turnedBy(parts, phase, -1);
  const error = errorOf(magnitudeOf(denoised(without, 2 * VOLUMES)), truth);
  expect(error).toBeLessThan(0.85 * errorOf(denoised(magnitudeOf(parts), VOLUMES), truth));
  expect(error).toBeLessThan(0.5 * errorOf(magnitudeOf(denoised(parts, 2 * VOLUMES)), truth));
  const back = turnedBy(without, phase, 1);
  const apart = back.reduce((most, value, i) => Math.max(most, Math.abs(value - parts[i])), 0);
  expect(apart).toBeLessThan(1e-3);
});

it('stays where it is the same in all volumes but for a turn of all', () => {
  const { parts } = drawn(0);
  expect(shotPhaseOf({ parts, rows: SIDE, columns: SIDE }, VOLUMES)).toBeNull();
});
