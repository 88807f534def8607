import { describe, expect, it } from 'vitest';
import { drawGains, ring } from '../../src-main/artifacts/ring.js';
import { poisson, starvation } from '../../src-main/artifacts/starvation.js';
import { streak } from '../../src-main/artifacts/streak.js';
import { Random } from '../../src-main/base/random.js';
import {
  attenuation,
  channelsFor,
  enoughViews,
  project,
  reconstruct,
  valuePerAttenuation,
  WATER,
} from '../../src-main/imaging/ct/projection.js';
import { distance, energy, planeOf } from './support.js';

const RADIUS = 30;
/** A disc of water with a soft edge, in HU, off the middle. */
const water = {
  ...planeOf(96, 112, (x, y) => -1000 + 1000 / (1 + Math.exp(Math.hypot(x - 60, y - 45) - RADIUS))),
  pixel: 2,
  air: -1000,
  water: 0,
};

describe('projection', () => {
  it('integrates along chords: a disc shows 2 sqrt(r^2 - t^2)', () => {
    const sinogram = project(attenuation(water), water, 90);
    expect(sinogram.channels).toBe(channelsFor(water));
    const middle = (sinogram.channels - 1) / 2;
    for (const view of [0, 10, 37, 45, 80]) {
      const theta = (Math.PI * view) / 90;
      const centre = (60 - 55.5) * Math.cos(theta) + (45 - 47.5) * Math.sin(theta);
      for (const channel of [middle - 18, middle, middle + 11]) {
        const chord = 2 * Math.sqrt(RADIUS ** 2 - (channel - middle - centre) ** 2);
        const got = sinogram.values[view * sinogram.channels + channel];
        expect(Math.abs(got / (WATER * 2 * chord) - 1)).toBeLessThan(0.01);
      }
    }
  });

  it('is undone by filtered backprojection', () => {
    const image = attenuation(water);
    const back = reconstruct(project(image, water, enoughViews(water)), water);
    const range = WATER * 2;
    expect(distance(back, image) / range).toBeLessThan(0.02);
    // the value itself, without any scaling by hand: the mean inside the disc
    let inside = 0;
    let count = 0;
    for (let y = 0; y < 96; y++)
      for (let x = 0; x < 112; x++)
        if (Math.hypot(x - 60, y - 45) < RADIUS - 5) {
          inside += back[y * 112 + x];
          count++;
        }
    expect(Math.abs(inside / count / range - 1)).toBeLessThan(0.005);
    expect(valuePerAttenuation(water) * range).toBeCloseTo(1000, 6);
  });
});

describe('ring', () => {
  const flat = { ...planeOf(101, 101, () => 0), pixel: 1, air: -1000, water: 0 };

  it('makes circles about the middle, at the distance of the broken channel', () => {
    const channels = channelsFor(flat);
    const gains = new Float64Array(channels);
    gains[(channels - 1) / 2 + 25] = 0.01;
    const out = ring(flat, gains);
    const at = (x: number, y: number) => out[(50 + y) * 101 + 50 + x];
    for (const [x, y] of [
      [15, 20],
      [20, 15],
      [0, 25],
      [-25, 0],
      [7, -24],
      [-24, -7],
    ]) {
      expect(at(x, y) / at(25, 0)).toBeCloseTo(1, 5);
      expect(Math.abs(at(x, y))).toBeGreaterThan(5 * Math.abs(at(35, 5)));
    }
    // more photons counted look like less attenuation
    expect(at(25, 0)).toBeLessThan(-0.1);
  });

  it('is what projecting and reconstructing with the error gives', () => {
    const gains = drawGains(5, flat, new Random(5));
    const even = gains.map((gain, i) => Math.sqrt((1 + gain) * (1 + gains[gains.length - 1 - i])) - 1);
    const views = 600;
    const errors = Float64Array.from(
      { length: views * even.length },
      (_, i) => -Math.log1p(even[i % even.length]),
    );
    const image = reconstruct({ values: errors, views, channels: even.length }, flat);
    const expected = image.map((value) => value * valuePerAttenuation(flat));
    const own = ring(flat, gains);
    expect(distance(own, expected) / Math.sqrt(energy(expected) / expected.length)).toBeLessThan(0.05);
  });
});

describe('streak', () => {
  it('grows with the views left out, and one in one changes nothing', () => {
    const error = (every: number) => distance(streak(water, every), water.values);
    expect(error(1)).toBeLessThan(1e-3);
    expect(error(4)).toBeGreaterThan(1);
    expect(error(16)).toBeGreaterThan(2 * error(4));
  });

  it('is what reconstructing from the kept views gives', () => {
    const image = attenuation(water);
    const kept = Math.round(enoughViews(water) / 8);
    const few = reconstruct(project(image, water, kept), water);
    const direct = few.map((value) => value * valuePerAttenuation(water) - 1000);
    const own = streak(water, 8);
    expect(distance(own, direct) / distance(own, water.values)).toBeLessThan(0.25);
  });
});

describe('starvation', () => {
  it('draws Poisson numbers', () => {
    for (const mean of [0.3, 4, 30, 200]) {
      const random = new Random(8);
      const counts = Array.from({ length: 20_000 }, () => poisson(mean, random));
      const average = counts.reduce((a, b) => a + b, 0) / counts.length;
      const variance = counts.reduce((sum, n) => sum + (n - average) ** 2, 0) / counts.length;
      expect(Math.abs(average / mean - 1)).toBeLessThan(0.03);
      expect(Math.abs(variance / mean - 1)).toBeLessThan(0.05);
    }
  });

  it('keeps the mean and is worst with few photons', () => {
    const noise = (photons: number) => {
      const out = starvation(water, photons, new Random(2));
      return { spread: distance(out, water.values), shift: mean(out) - mean(water.values) };
    };
    const [many, few] = [noise(1e4), noise(25)];
    expect(few.spread / many.spread).toBeGreaterThan(15);
    expect(few.spread / many.spread).toBeLessThan(25);
    expect(Math.abs(many.shift)).toBeLessThan(0.1 * many.spread);
  });
});

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
