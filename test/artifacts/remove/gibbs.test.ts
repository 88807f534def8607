import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acquiredGrid } from '../../../src-main/artifacts/remove/acquired.js';
import { gibbsRemover } from '../../../src-main/artifacts/remove/gibbs.js';
import { extrapolatedPair } from '../../../src-main/artifacts/remove/planes/extrapolate.js';
import { type About, SURE } from '../../../src-main/artifacts/remove/remover.js';
import { fft2, frequencyOf, inverseFft2 } from '../../../src-main/base/fft.js';
import { Random } from '../../../src-main/base/random.js';
import { readNifti } from '../../../src-main/imaging/nifti.js';
import { sliceView, type Volume } from '../../../src-main/imaging/volume.js';
import { CH2, fileLacks, slab } from '../../imaging/support.js';
import { distance } from '../support.js';
import { acquiredPhantom, leaveInMemory, oneSided, psnr, sampledAs, stackOf, withPhase } from './support.js';

const MR = { modality: 'MR', phase: null };
const magnitude = (values: Float32Array) => values.map(Math.abs);

function rician(values: Float32Array, sigma: number): Float32Array {
  const random = new Random(7);
  return values.map((value) => Math.hypot(value + sigma * random.normal(), sigma * random.normal()));
}

/** Ellipses of tissue whose borders are blurred by so many pixels (standard deviation), as voxels see them. */
function smoothObjects(side: number, blur: number, seed: number): Float32Array {
  const random = new Random(seed);
  const fine = 4 * side;
  const draw = (low: number, high: number) => low + (high - low) * random.uniform();
  const ellipses = [
    { x: 0.5, y: 0.5, rx: draw(0.3, 0.36), ry: draw(0.36, 0.42), value: 500 },
    ...Array.from({ length: 5 }, () => ({
      x: draw(0.3, 0.7),
      y: draw(0.3, 0.7),
      rx: draw(0.03, 0.12),
      ry: draw(0.03, 0.12),
      value: draw(100, 1000),
    })),
  ];
  const image = {
    re: new Float64Array(fine * fine),
    im: new Float64Array(fine * fine),
    rows: fine,
    columns: fine,
  };
  for (let i = 0; i < image.re.length; i++)
    for (const { x, y, rx, ry, value } of ellipses)
      if ((((i % fine) / fine - x) / rx) ** 2 + ((Math.floor(i / fine) / fine - y) / ry) ** 2 < 1)
        image.re[i] = value;
  fft2(image);
  for (let i = 0; i < image.re.length; i++) {
    const square = frequencyOf(i % fine, fine) ** 2 + frequencyOf(Math.floor(i / fine), fine) ** 2;
    const weight = Math.exp(-2 * ((Math.PI * blur) / side) ** 2 * square);
    image.re[i] *= weight;
    image.im[i] *= weight;
  }
  inverseFft2(image);
  const means = new Float32Array(side * side);
  for (let i = 0; i < image.re.length; i++)
    means[Math.floor(i / fine / 4) * side + Math.floor((i % fine) / 4)] += image.re[i] / 16;
  return means.map((value) => Math.max(0, Math.round(value)));
}

const SIDE = 64;
/** Objects of many planes: one alone may have zeros of its spectrum where the short side is. */
const objects = lazily(() => [0, 1, 2, 3, 4, 5].map((seed) => smoothObjects(2 * SIDE, 0.5, seed)));

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Half of the frequencies of the objects, of partial Fourier along columns, and their means over voxels. */
function oneSidedObjects(
  part: number,
  rest: 'zeros' | 'homodyne',
  matrix = SIDE,
): { volume: Volume; means: Float32Array } {
  const acquired = { x: SIDE - 1, y: SIDE - 1 };
  const [size, fine] = [matrix, 2 * SIDE].map((side) => ({ rows: side, columns: side }));
  const planes = objects().map((values, seed) => {
    const short = Math.round((2 * part - 1) * (acquired.y >> 1));
    return oneSided(withPhase(values, fine, new Random(seed)), size, acquired, short, rest);
  });
  const still = { re: Float64Array.from(objects()[0]), im: new Float64Array(4 * SIDE * SIDE), ...fine };
  fft2(still);
  return { volume: stackOf(planes, matrix), means: sampledAs(still, size, acquired).means };
}

const lacks = fileLacks(CH2, 'mricron-data');

/** The same of slices of a head. */
function oneSidedHead(part: number, rest: 'zeros' | 'homodyne'): Volume {
  const { volume } = readNifti(fs.readFileSync(CH2));
  const head = slab(volume, 86, 94);
  const size = { rows: head.rows >> 1, columns: head.columns >> 1 };
  const acquired = { x: 2 * (head.columns >> 2) - 1, y: 2 * (head.rows >> 2) - 1 };
  const short = Math.round((2 * part - 1) * (acquired.y >> 1));
  const data = new Float32Array(head.slices * size.rows * size.columns);
  for (let slice = 0; slice < head.slices; slice++) {
    const kSpace = withPhase(sliceView(head, slice), head, new Random(1 + slice));
    data.set(oneSided(kSpace, size, acquired, short, rest), slice * size.rows * size.columns);
  }
  return { ...head, ...size, data };
}

describe('partial Fourier', () => {
  const told = { modality: 'MR', phase: 'y', partial: ['y'] } as const;
  const firstOf = ({ data }: Volume) => data.subarray(0, SIDE * SIDE);

  it.each([
    [6 / 8, 1],
    [7 / 8, 0],
  ])('with %d of k-space and zeros is made good where the files tell of it', (part, gain) => {
    const { volume, means } = oneSidedObjects(part, 'zeros');
    const look = gibbsRemover.look(volume, told);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(Math.abs(look.facts.shortY - (2 * part - 1))).toBeLessThan(0.1);
    const [after, untold] = [look, gibbsRemover.look(volume, MR)].map((one) =>
      psnr(firstOf(one.remove()), means),
    );
    expect(after - psnr(firstOf(volume), means)).toBeGreaterThan(1);
    expect(after - untold).toBeGreaterThan(gain);
  });

  it('has its short side within the border of zero filling', () => {
    const { volume, means } = oneSidedObjects(6 / 8, 'zeros', 2 * SIDE);
    const [look, untold] = [told, MR].map((about) => gibbsRemover.look(volume, about));
    expect(look.facts.acquiredY).toBeCloseTo((SIDE - 1) / (2 * SIDE - 1), 1);
    expect(look.facts.shortY).toBeCloseTo(0.5, 1);
    const [after, without] = [look, untold].map((one) =>
      psnr(one.remove().data.subarray(0, means.length), means),
    );
    expect(after - without).toBeGreaterThan(1);
  });

  it('is not looked for along an axis that the files do not tell of', () => {
    const { volume } = oneSidedObjects(6 / 8, 'zeros');
    for (const about of [MR, { ...told, partial: ['x'] } as const])
      expect(gibbsRemover.look(volume, about).facts).not.toHaveProperty('shortY');
  });

  it('of which no file tells is left in part as far as it is doubtful, in a part of the volume as in the whole', () => {
    const { volume } = oneSidedObjects(6 / 8, 'zeros');
    const [none, half, all] = [0, 0.5, 1].map((share) =>
      firstOf(gibbsRemover.look(volume, { ...MR, share }).remove()),
    );
    expect(distance(none, firstOf(volume))).toBe(0);
    expect(distance(all, none)).toBeCloseTo(2 * distance(half, none), 3);
    expect(distance(all, none)).toBeGreaterThan(1);
  });

  it.skipIf(lacks !== '')(
    'of which no file tells is left where most of k-space is one-sided, since removal would harm',
    () => {
      const volume = oneSidedHead(5 / 8, 'zeros');
      const { held, facts, remove } = gibbsRemover.look(volume, { ...MR, asked: true });
      expect(held).toBe('E_ARTIFACT/one-sided');
      expect(facts.oneSided).toBe(1);
      expect(remove()).toBe(volume);
      const others: readonly (readonly [number, 'zeros' | 'homodyne', About])[] = [
        [6 / 8, 'zeros', MR],
        [7 / 8, 'zeros', MR],
        [5 / 8, 'homodyne', MR],
        [5 / 8, 'zeros', told],
      ];
      for (const [part, rest, about] of others) {
        const other = gibbsRemover.look(oneSidedHead(part, rest), { ...about, asked: true });
        expect(other.held).toBeUndefined();
        expect(other.facts).not.toHaveProperty('oneSided');
      }
    },
  );

  it('of which the scanner told the rest has no short side', () => {
    const { volume } = oneSidedObjects(6 / 8, 'homodyne');
    const look = gibbsRemover.look(volume, told);
    expect(look.sure).toBeLessThan(SURE);
    expect(look.facts).not.toHaveProperty('shortY');
  });

  it('is made good in a part as far as in the whole', () => {
    const { volume } = oneSidedObjects(6 / 8, 'zeros');
    const look = gibbsRemover.look(volume, told);
    const whole = firstOf(look.remove());
    const [without, none, all] = [MR, { ...told, share: 0 }, { ...told, share: look.share ?? 0 }].map(
      (about) => firstOf(gibbsRemover.look(volume, about).remove()),
    );
    expect(look.share).toBeGreaterThan(0);
    expect(distance(all, whole)).toBe(0);
    expect(distance(none, without)).toBe(0);
    expect(distance(whole, without)).toBeGreaterThan(1);
  });
});

describe('ringing of truncated k-space', () => {
  it.each([
    [45, 37],
    [64, 47],
  ])('is taken from planes of %i x %i in the same way whatever the thread did before', (rows, columns) => {
    const random = new Random(3);
    const values = Float32Array.from({ length: rows * columns }, () => 1000 * random.uniform());
    const truncation = { rows, columns, highestX: 15, highestY: 17 };
    const after = [0, 1e5, Number.NaN].map((left) => {
      leaveInMemory(left, 100 * rows * columns);
      return extrapolatedPair(values, values.toReversed(), truncation, 1000);
    });
    for (const one of after) expect(one).toEqual(after[0]);
  });

  it('is gone from zero-filled images: means over acquired voxels are nearer by 6 dB', () => {
    const { ringing, means } = acquiredPhantom(128, 63);
    const image = magnitude(ringing);
    const look = gibbsRemover.look(stackOf([image, image], 128), MR);
    expect(look.sure).toBeGreaterThan(SURE);
    const after = look.remove().data.subarray(0, image.length);
    expect(psnr(after, means) - psnr(image, means)).toBeGreaterThan(6);
  });

  it('is less on the acquired grid, too, where it is asked for', () => {
    const { ringing, means } = acquiredPhantom(95, 95);
    const image = magnitude(ringing);
    const look = gibbsRemover.look(stackOf([image, image, image], 95), MR);
    expect(look.sure).toBeLessThan(SURE);
    const after = look.remove().data.subarray(2 * image.length);
    expect(psnr(after, means) - psnr(image, means)).toBeGreaterThan(1.5);
  });

  it('keeps padding, and magnitudes without sign', () => {
    const { ringing } = acquiredPhantom(128, 63);
    const volume = stackOf([magnitude(ringing)], 128);
    const measured = new Uint8Array(volume.data.length).fill(1);
    volume.data[5] = 77;
    measured[5] = 0;
    const after = gibbsRemover.look({ ...volume, measured }, MR).remove();
    expect(after.data[5]).toBe(77);
    expect(Math.min(...after.data)).toBeGreaterThanOrEqual(0);
  });

  it.each([0, 10, 40])('has a border in k-space that is found under noise of %d', (sigma) => {
    const { ringing } = acquiredPhantom(128, 63);
    // The noise is of the scanner: it has the same border.
    const volume = stackOf([rician(ringing, sigma)], 128);
    const { x, y } = acquiredGrid(volume);
    if (sigma <= 10) expect([x.highest, y.highest]).toEqual([31, 31]);
    else expect([x.most, y.most]).toEqual([63, 63]);
  });

  it('has no border where noise or structure goes on to the end', () => {
    const { ringing } = acquiredPhantom(95, 95);
    for (const sigma of [0, 10, 40]) {
      const { x, y } = acquiredGrid(stackOf([rician(ringing, sigma)], 95));
      expect([x.highest, y.highest]).toEqual([47, 47]);
    }
  });

  it.each([24, 32, 40])('has no border in k-space of smooth objects on %d pixels', (side) => {
    for (const blur of [0, 1, 1.5]) {
      const planes = [0, 1, 2, 3].map((seed) => smoothObjects(side, blur, seed));
      for (const sigma of [0, 3]) {
        const { x, y } = acquiredGrid(
          stackOf(
            planes.map((values) => rician(values, sigma)),
            side,
          ),
        );
        expect([blur, x.highest, y.highest]).toEqual([blur, x.most, y.most]);
      }
    }
  });

  it('has no border where k-space was filtered: its power falls by degrees', () => {
    const side = 64;
    const { ringing } = acquiredPhantom(side, side - 1);
    const image = {
      re: Float64Array.from(ringing),
      im: new Float64Array(side * side),
      rows: side,
      columns: side,
    };
    fft2(image);
    for (let i = 0; i < image.re.length; i++) {
      const weight = 1 / (1 + Math.exp((Math.abs(frequencyOf(i % side, side)) - 15) / 2));
      image.re[i] *= weight;
      image.im[i] *= weight;
    }
    inverseFft2(image);
    const volume = stackOf([rician(Float32Array.from(image.re), 1)], side);
    expect(acquiredGrid(volume).x.highest).toBe(31);
    expect(gibbsRemover.look(volume, MR).sure).toBeLessThan(SURE);
  });

  it('is not looked for in CT', () => {
    const { ringing } = acquiredPhantom(95, 95);
    const volume = stackOf([ringing], 95);
    expect(() => gibbsRemover.look(volume, { ...MR, modality: 'CT' })).toThrow(/none/);
    expect(() => gibbsRemover.look({ ...volume, units: 'HU' }, MR)).toThrow(/none/);
  });
});
