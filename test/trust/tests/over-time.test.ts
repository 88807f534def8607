import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { simulateNoise } from '../../../src-main/noise/simulate.js';
import { joinedPlaces, placesOverTime } from '../../../src-main/trust/tests/over-time.js';
import { placesOf } from '../../../src-main/trust/tests/places.js';

const SIDE = 48;
const SLICES = 3;
const SIGMA = 5;
const LENGTH = SIDE * SIDE * SLICES;

/** A disc of tissue; over the frames it rises a little. */
function series(frames: number): Volume {
  const data = new Float32Array(LENGTH * frames);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE) % SIDE];
    const frame = Math.floor(i / LENGTH);
    if (Math.hypot(x - SIDE / 2, y - SIDE / 2) < 0.45 * SIDE)
      data[i] = 150 + 30 * Math.sin(x / 9) * Math.cos(y / 7) + frame;
  }
  return {
    data,
    columns: SIDE,
    rows: SIDE,
    slices: SLICES,
    frames,
    spacing: [1, 1, 4],
    affine: [1, 0, 0, -20, 0, 1, 0, -20, 0, 0, 4, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

/** Two by three voxels around column 20 and row 24 of the second slice. */
function isFocus(i: number): boolean {
  const [x, y, z] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor((i % LENGTH) / (SIDE * SIDE))];
  return z === 1 && x >= 19 && x <= 21 && y >= 24 && y <= 25;
}

/** What the focus has more from a frame on. */
function enhanced(volume: Volume, start: number, contrast: number): Volume {
  return withData(
    volume,
    volume.data.map((value, i) =>
      isFocus(i) && Math.floor(i / LENGTH) >= start ? value + contrast * SIGMA : value,
    ),
  );
}

const options = { sigma: SIGMA, distribution: 'gaussian' } as const;

describe('placesOverTime', () => {
  it('finds a focus that was made brighter before it enhanced and less bright after, where no frame shows it', () => {
    const clean = enhanced(series(16), 8, 6);
    const noisy = simulateNoise(clean, { kind: 'gaussian', sigma: SIGMA, seed: 3 });
    const smeared = withData(
      clean,
      clean.data.map((value, i) => {
        if (!isFocus(i)) return value;
        return Math.floor(i / LENGTH) < 8 ? value + 1.4 * SIGMA : value - 1.4 * SIGMA;
      }),
    );
    expect(placesOf(noisy, smeared, options)?.places ?? []).toEqual([]);
    const found = placesOverTime(noisy, smeared, options);
    expect(found?.count).toBe(1);
    const [place] = found?.places ?? [];
    expect(place).toMatchObject({ shape: 'spot', change: 'brighter', slice: 2, frame: 1, lastFrame: 8 });
    expect(Math.hypot(place.column - 20, place.row - 24.5)).toBeLessThan(2);
    expect(place.position[2]).toBe(4);
    // before it lies 1.4 sigma too high, after as much too low
    expect(place.changeOverSigma).toBeGreaterThan(1.8);
    expect(place.changeOverSigma).toBeLessThan(4);
    expect(
      joinedPlaces({ count: 0, limit: 7, places: [] }, found ?? { count: 0, limit: 0, places: [] }),
    ).toEqual({
      count: 1,
      limit: found?.limit,
      places: found?.places,
    });
  });

  it.each([0, 2])(
    'finds nothing in noise of full width %d pixels, however much of it was removed where',
    (width) => {
      let alarms = 0;
      for (let seed = 0; seed < 8; seed++) {
        const clean = series(seed % 2 === 0 ? 8 : 15);
        const kind = seed % 2 === 0 ? 'gaussian' : 'rician';
        const noisy = simulateNoise(clean, {
          kind,
          sigma: SIGMA,
          ...(width > 0 ? { correlation: width } : {}),
          seed,
        });
        // components were kept at one side, and no noise elsewhere
        const after = withData(
          clean,
          clean.data.map((value, i) => value + (i % SIDE < SIDE / 2 ? 0.5 : 0.05) * (noisy.data[i] - value)),
        );
        const rho = width > 0 ? Math.exp(-1 / (4 * (width / 2.3548) ** 2)) : 0;
        const noiseCorrelation = { x: rho, y: rho, z: 0 };
        const found = placesOverTime(noisy, after, { sigma: SIGMA, distribution: kind, noiseCorrelation });
        if ((found?.count ?? 0) > 0) alarms++;
      }
      expect(alarms).toBeLessThanOrEqual(1);
    },
  );

  it('says nothing of fewer than six frames, and nothing without a level', () => {
    const noisy = simulateNoise(series(5), { kind: 'gaussian', sigma: SIGMA, seed: 1 });
    expect(placesOverTime(noisy, series(5), options)).toBeNull();
    const longer = simulateNoise(series(8), { kind: 'gaussian', sigma: SIGMA, seed: 1 });
    expect(placesOverTime(longer, series(8), { ...options, sigma: 0 })).toBeNull();
  });

  it('changes little where the input does', () => {
    const random = new Random(4);
    const clean = enhanced(series(12), 6, 8);
    const noisy = withData(
      clean,
      clean.data.map((value) => value + SIGMA * random.normal()),
    );
    const sizes = [1.5, 1.52, 1.54].map((lost) => {
      const smeared = withData(
        clean,
        clean.data.map((value, i) =>
          isFocus(i) && Math.floor(i / LENGTH) >= 6 ? value - lost * 2 * SIGMA : value,
        ),
      );
      return placesOverTime(noisy, smeared, options)?.places[0]?.sigma ?? 0;
    });
    expect(sizes[0]).toBeGreaterThan(6);
    for (const size of sizes.slice(1)) expect(Math.abs(size - sizes[0])).toBeLessThan(0.5);
  });
});
