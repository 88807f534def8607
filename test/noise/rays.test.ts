import { describe, expect, it } from 'vitest';
import { WATER } from '../../src-main/imaging/ct/projection.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { attenuationLevels } from '../../src-main/noise/map/attenuation.js';
import { quantile } from '../../src-main/noise/robust.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { volumeOf } from '../imaging/support.js';
import { type Body, drawnBody, ofRays } from './ct.js';

const CT = { modality: 'CT' };

/** Mean over tissue of how far the level of a voxel is off. */
function errorOf(volume: Volume, body: Volume, truth: (i: number) => number): number {
  const { map, sigma } = estimateNoise(volume, CT);
  const inside = [...body.data.keys()].filter((i) => body.data[i] > -300);
  return inside.reduce((sum, i) => sum + Math.abs((map?.[i] ?? sigma) / truth(i) - 1), 0) / inside.length;
}

it('tells the noise in the middle of a disc of water by its radius', () => {
  const [side, pixel, radius] = [161, 2, 120];
  const data = Float32Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) - 80, Math.floor(i / side) - 80) * pixel < radius ? 0 : -1000,
  );
  const levels = attenuationLevels({
    ...volumeOf(data, [side, side, 1]),
    spacing: [pixel, pixel, 5],
    units: 'HU',
  });
  // every ray through the middle crosses a diameter; the rim of the plane sees the disc in a part of the views only
  const diameter = 2 * radius * WATER;
  const corner = levels[0];
  const middle = levels[80 * side + 80];
  const seen = (2 * Math.asin(radius / Math.hypot(160, 160))) / Math.PI;
  expect(middle - Math.log(Math.PI) / 2).toBeCloseTo(diameter / 2, 1);
  expect(corner).toBeLessThan(middle + Math.log(seen) / 2);
});

describe.each([
  ['abdomen', 0.8, 12],
  ['hips', 0, 25],
  ['chest', 1.3, 2.5],
] as const)('%s with a kernel of %d pixels', (kind: Body, kernel, photons) => {
  const body = drawnBody(kind, 3);

  it('has noise that follows the rays', () => {
    const { noisy, level } = ofRays(body, { photons, kernel, seed: 4 });
    expect(errorOf(noisy, body, (i) => level[i])).toBeLessThan(0.15);
  });

  it('has even noise where it was made even', () => {
    const even = simulateNoise(body, { kind: 'gaussian', sigma: 25, correlation: 2.355 * kernel, seed: 5 });
    const { map, sigma } = estimateNoise(even, CT);
    const gains = [...body.data.keys()]
      .filter((i) => body.data[i] > -300)
      .map((i) => (map?.[i] ?? sigma) / sigma);
    expect(quantile(gains, 0.9) - quantile(gains, 0.1)).toBeLessThan(0.08);
  });
});

it('is asked of Hounsfield units in NIfTI too, which does not say what it holds', () => {
  const body = drawnBody('hips', 3);
  const { noisy } = ofRays(body, { photons: 12, kernel: 0.8, seed: 4 });
  const told = estimateNoise(noisy, CT);
  const untold = estimateNoise({ ...noisy, units: 'a.u.' }, { modality: 'NIFTI' });
  expect(untold.sigma).toBe(told.sigma);
  expect(untold.map).toEqual(told.map);
});

it('is not asked of other values', () => {
  const body = drawnBody('hips', 3);
  const { noisy } = ofRays(body, { photons: 12, kernel: 0.8, seed: 4 });
  const doubled = { ...noisy, data: noisy.data.map((value) => 2 * (value + 1000)), units: 'US' };
  expect(estimateNoise(noisy, CT).mapVariation).toBeGreaterThan(
    1.2 * estimateNoise(doubled, CT).mapVariation,
  );
});
