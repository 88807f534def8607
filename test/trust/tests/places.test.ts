import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { simulateNoise } from '../../../src-main/noise/simulate.js';
import { placesOf } from '../../../src-main/trust/tests/places.js';

const SIGMA = 5;
const SIDE = 96;
const SLICES = 5;

/** An ellipse of tissue with soft structure in air, 1 mm by 1 mm by `thickness`. */
function drawn(thickness: number, side = SIDE, slices = SLICES): Volume {
  const data = new Float32Array(side * side * slices);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    const slice = Math.floor(i / (side * side));
    const far = Math.hypot((x - side / 2) / (0.46 * side), (y - side / 2) / (0.42 * side));
    if (far < 1) data[i] = 150 + 30 * Math.sin(x / 9 + slice) * Math.cos(y / 7) + (far > 0.9 ? 60 : 0);
  }
  return {
    data,
    columns: side,
    rows: side,
    slices,
    frames: 1,
    spacing: [1, 1, thickness],
    affine: [1, 0, 0, -40, 0, 1, 0, -30, 0, 0, thickness, 20, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

/** Adds what `shape` gives, 0 to 1, of pixels in one slice. */
function withShape(
  volume: Volume,
  slice: number,
  amplitude: number,
  shape: (x: number, y: number) => number,
): Volume {
  const { columns, rows } = volume;
  return withData(
    volume,
    volume.data.map((value, i) =>
      Math.floor(i / (columns * rows)) === slice
        ? value + amplitude * shape(i % columns, Math.floor(i / columns) % rows)
        : value,
    ),
  );
}

const spot =
  (column: number, row: number, deviation: number) =>
  (x: number, y: number): number =>
    Math.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * deviation ** 2));

/** A thin slanting line, 12 pixels long. */
const line =
  (column: number, row: number) =>
  (x: number, y: number): number => {
    const [along, off] = [0.8 * (x - column) + 0.6 * (y - row), 0.8 * (y - row) - 0.6 * (x - column)];
    return Math.exp(-((off / 0.8) ** 2) / 2) * (Math.abs(along) < 6 ? 1 : 0);
  };

function found(clean: Volume, after: Volume, seed: number, correlation: number | [number, number] = 0) {
  const fwhm = typeof correlation === 'number' ? correlation : correlation[0];
  const rho = typeof correlation === 'number' ? 0 : correlation[1];
  const before = simulateNoise(clean, { kind: 'gaussian', sigma: SIGMA, correlation: fwhm, seed });
  const noiseCorrelation = { x: rho, y: rho, z: 0 };
  const places = placesOf(before, after, { sigma: SIGMA, distribution: 'gaussian', noiseCorrelation });
  if (places === null) throw new Error('nothing was looked at');
  return places;
}

describe('places to look at', () => {
  it.each([
    ['white noise', 1, 0, 0],
    ['thick slices', 5, 0, 0],
    ['correlated noise', 1, 2, 0.5],
    ['correlated noise of which nobody knows', 1, 2, 0],
  ] as const)('are found in at most one of twenty volumes of %s', (_, thickness, fwhm, rho) => {
    const clean = drawn(thickness, 64, 3);
    const volumes = 60;
    const hits = Array.from({ length: volumes }, (__, k) => found(clean, clean, 100 + k, [fwhm, rho]));
    expect(hits.filter(({ count }) => count > 0).length).toBeLessThanOrEqual(volumes / 20);
  });

  it('are not in dark air with ghosts, and are in what lies dark in the body and at its border', () => {
    const clean = drawn(5, 128, 3);
    const inAir = (x: number, y: number) =>
      Math.hypot((x - 64) / (0.46 * 128), (y - 64) / (0.42 * 128)) > 1.08;
    // fluid that is as dark as air
    clean.data.forEach((value, i) => {
      const [x, y] = [i % 128, Math.floor(i / 128) % 128];
      clean.data[i] = inAir(x, y)
        ? 22 + 3 * Math.sin(x / 5 + y / 9)
        : Math.hypot(x - 64, y - 64) < 9
          ? 8
          : value;
    });
    let source = clean;
    for (const [column, row] of [
      [6, 6],
      [118, 8],
      [10, 116],
      [64, 64],
    ])
      source = withShape(source, 1, 6 * SIGMA, spot(column, row, 1.3));
    const before = simulateNoise(source, { kind: 'rician', sigma: SIGMA, seed: 9 });
    const places = placesOf(before, clean, { sigma: SIGMA, distribution: 'rician' });
    expect(places?.places.map(({ column, row }) => Math.hypot(column - 64, row - 64) < 3)).toEqual([true]);
  });

  it.each([
    ['darker', 1],
    ['brighter', -1],
  ] as const)('are where a spot was erased, and the result is %s', (change, sign) => {
    const clean = drawn(5);
    const erased = found(withShape(clean, 2, sign * 5 * SIGMA, spot(60, 40, 1.3)), clean, 3);
    expect(erased.count).toBe(1);
    const [place] = erased.places;
    expect(place).toMatchObject({ shape: 'spot', change, slice: 3, frame: 1 });
    expect(Math.hypot(place.column - 60, place.row - 40)).toBeLessThan(2);
    expect(place.position).toEqual([place.column - 40, place.row - 30, 30]);
    expect(place.changeOverSigma).toBeGreaterThan(3.5);
    expect(place.changeOverSigma).toBeLessThan(6.5);
    expect(place.size).toBeGreaterThan(1.5);
    expect(place.size).toBeLessThan(5);
    expect(place.sigma).toBeGreaterThan(erased.limit);
  });

  it('are where a thin line was erased that is fainter than a spot could be', () => {
    const clean = drawn(5);
    const erased = found(withShape(clean, 1, -3 * SIGMA, line(40, 55)), clean, 4);
    expect(erased.places[0]).toMatchObject({ shape: 'line', change: 'brighter', slice: 2 });
    expect(Math.hypot(erased.places[0].column - 40, erased.places[0].row - 55)).toBeLessThan(5);
    expect(erased.places[0].size).toBeGreaterThan(6);
    expect(erased.count).toBe(1);
  });

  it('are found across thin slices where none of them shows enough', () => {
    const clean = drawn(1);
    const faint = [1, 2, 3].reduce(
      (volume, slice) => withShape(volume, slice, 1.8 * SIGMA, spot(50, 60, 1.3)),
      clean,
    );
    const thin = found(faint, clean, 5);
    expect(thin.places[0]).toMatchObject({ change: 'darker', slice: 3 });
    expect(found({ ...faint, spacing: [1, 1, 5] }, { ...clean, spacing: [1, 1, 5] }, 5).count).toBe(0);
  });

  it('are found where the level is off all over, and not for that', () => {
    const clean = drawn(5);
    const before = simulateNoise(clean, { kind: 'gaussian', sigma: 1.6 * SIGMA, seed: 6 });
    expect(placesOf(before, clean, { sigma: SIGMA, distribution: 'gaussian' })?.count).toBe(0);
    // a third of the noise was removed, and a spot with it
    const kept = withData(
      clean,
      before.data.map((value, i) => value + 0.6 * (clean.data[i] - value)),
    );
    const source = withShape(before, 2, 6 * 1.6 * SIGMA, spot(60, 40, 1.3));
    const places = placesOf(source, kept, { sigma: 1.6 * SIGMA, distribution: 'gaussian' });
    expect(places?.count).toBe(1);
  });

  it('are listed up to fifty, the rest is counted', () => {
    const clean = drawn(5, 192, 2);
    let source = clean;
    for (let row = 50; row < 150; row += 12)
      for (let column = 50; column < 150; column += 12)
        source = withShape(source, 0, 8 * SIGMA, spot(column, row, 1));
    const places = found(source, clean, 7);
    expect(places.places).toHaveLength(50);
    expect(places.count).toBeGreaterThan(60);
    expect(places.places.map(({ sigma }) => sigma)).toEqual(
      places.places.map(({ sigma }) => sigma).sort((a, b) => b - a),
    );
  });

  /** 0 to 1: an arc around the middle, above it. */
  const arc = (x: number, y: number): number => {
    const far = Math.hypot(x - SIDE / 2, y - SIDE / 2) - 25;
    return y < SIDE / 2 ? Math.exp(-((far / 0.8) ** 2) / 2) : 0;
  };

  it('are one where a long border was erased', () => {
    const clean = drawn(5);
    const erased = found(withShape(clean, 2, 4 * SIGMA, arc), clean, 8);
    expect(erased.count).toBeGreaterThan(0);
    expect(erased.count).toBeLessThanOrEqual(3);
  });

  it('are told apart from a border that they lie beside where they changed the other way', () => {
    const clean = drawn(5);
    const beside = [30, 90, 150].map((degrees) => (Math.PI * degrees) / 180);
    const source = beside.reduce(
      (volume, angle) =>
        withShape(volume, 2, -6 * SIGMA, spot(48 + 20 * Math.cos(angle), 48 - 20 * Math.sin(angle), 1)),
      withShape(clean, 2, 6 * SIGMA, arc),
    );
    const { places } = found(source, clean, 8);
    expect(places.filter(({ change }) => change === 'brighter').length).toBeGreaterThanOrEqual(2);
  });

  it('are not along air and bone that are quieter than the noise of the tissue', () => {
    const clean = drawn(5, 128, 3);
    const isDark = (i: number): boolean => {
      const [x, y] = [i % 128, Math.floor(i / 128) % 128];
      const far = Math.hypot((x - 64) / (0.46 * 128), (y - 64) / (0.42 * 128));
      return far > 1 || (far > 0.8 && far < 0.85 && x > 40 && x < 88 && y < 64);
    };
    clean.data.forEach((_, i) => {
      if (isDark(i)) clean.data[i] = 0;
    });
    const noisy = (source: Volume) => {
      const full = simulateNoise(source, { kind: 'rician', sigma: SIGMA, seed: 4 });
      return withData(
        full,
        full.data.map((value, i) => (isDark(i) ? value / 3 : value)),
      );
    };
    const options = { sigma: SIGMA, distribution: 'rician' } as const;
    expect(placesOf(noisy(clean), clean, options)?.count).toBe(0);
    const places = placesOf(noisy(withShape(clean, 1, 10 * SIGMA, spot(64, 22, 1.5))), clean, options);
    expect(places?.places.map(({ slice, column, row }) => [slice, column, row])).toEqual([
      [2, expect.closeTo(64, -0.5), expect.closeTo(22, -0.5)],
    ]);
  });

  it('are not where noise was removed in patches and little around, and are where a spot was', () => {
    const clean = drawn(5);
    const isPatch = (i: number): boolean => (i % SIDE) % 32 < 12 && (Math.floor(i / SIDE) % SIDE) % 32 < 12;
    const left = (source: Volume, seed: number) => {
      const before = simulateNoise(source, { kind: 'gaussian', sigma: SIGMA, seed });
      const after = withData(
        clean,
        before.data.map((value, i) => (isPatch(i) ? clean.data[i] : value)),
      );
      return placesOf(before, after, { sigma: SIGMA, distribution: 'gaussian' });
    };
    const hits = Array.from({ length: 12 }, (_, k) => left(clean, 200 + k)?.count ?? -1);
    expect(hits.filter((count) => count !== 0).length).toBeLessThanOrEqual(1);
    expect(left(withShape(clean, 2, 6 * SIGMA, spot(38, 38, 1.3)), 30)?.places[0]).toMatchObject({
      slice: 3,
      change: 'darker',
    });
  });

  it('cannot be told without a level, and are none without tissue', () => {
    const clean = drawn(5);
    expect(placesOf(clean, clean, { sigma: 0, distribution: 'gaussian' })).toBeNull();
    const nothing = withData(clean, new Float32Array(clean.data.length));
    expect(placesOf(nothing, nothing, { sigma: 1, distribution: 'gaussian' })).toBeNull();
  });
});
