import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateMotion } from '../../src-main/noise/motion/motion.js';
import {
  applied,
  type Frame,
  frameOf,
  inverted,
  type Matrix,
  multiplied,
  rigid,
  type Vector,
  valuesOf,
} from '../../src-main/noise/motion/rigid.js';
import { volumeOf } from '../imaging/support.js';

const [SIDE, SLICES] = [40, 14];
const SPACING: Vector = [3, 3, 4];
const degree = Math.PI / 180;

interface Drawing {
  /** mm and radians of each frame. */
  readonly values: readonly (readonly number[])[];
  readonly slices?: number;
  readonly noise?: number;
  /** Signal of tissue and of fluid, frame by frame. */
  readonly signals?: readonly (readonly [number, number])[];
  /** Voxel to mm. */
  readonly affine?: readonly number[];
  readonly inPlane?: boolean;
}

interface Drawn {
  readonly volume: Volume;
  readonly motions: readonly Matrix[];
  readonly frame: Frame;
}

/** A head with a ventricle, folds and an eye, each voxel drawn where the motion puts it. */
function drawn({ values, slices = SLICES, noise = 0.01, signals, affine, inPlane = false }: Drawing): Drawn {
  const random = new Random(5);
  const places = affine ?? [SPACING[0], 0, 0, 0, 0, SPACING[1], 0, 0, 0, 0, SPACING[2], 0, 0, 0, 0, 1];
  const grid: Volume = {
    ...volumeOf(new Float32Array(0), [SIDE, SIDE, slices, values.length]),
    spacing: SPACING,
    affine: places,
  };
  const frame = frameOf(grid, inPlane);
  const motions = values.map((one) => rigid(frame, one));
  const length = SIDE * SIDE * slices;
  const data = new Float32Array(length * values.length);
  motions.forEach((motion, f) => {
    const back = inverted(motion);
    const [tissue, fluid] = signals?.[f] ?? [1, 2];
    for (let i = 0; i < length; i++) {
      const at: Vector = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)];
      const [x, y, z] = applied(back, applied(places, at)).map((v, k) => v - frame.centre[k]);
      const edge = 1 / (1 + Math.exp((Math.hypot(x / 42, y / 48, z / 40) - 1) * 16));
      const folds = 0.25 * Math.sin(x / 5 + 1) * Math.cos(y / 6) * Math.cos(z / 7 + 0.4);
      const ventricle = Math.exp(-(Math.hypot((x - 4) / 9, (y + 6) / 14, z / 10) ** 2));
      const eye = Math.exp(-(Math.hypot((x - 20) / 7, (y + 30) / 6, (z + 8) / 8) ** 2));
      const wet = Math.min(1, ventricle + eye);
      const value = edge * ((1 - wet) * tissue * (1 + folds) + wet * fluid);
      data[f * length + i] = 1000 * Math.hypot(value + noise * random.normal(), noise * random.normal());
    }
  });
  return { volume: { ...grid, data }, motions, frame };
}

/** Root mean square by which places of the head are put wrong, in the smallest voxel, frame by frame. */
function errors({ motions, frame }: Drawn, found: readonly (Matrix | null)[], reference: number): number[] {
  const origin = inverted(motions[reference]);
  return found.map((one, f) => {
    if (one === null) return Number.POSITIVE_INFINITY;
    const truth = multiplied(motions[f], origin);
    const off = [-35, 0, 35].flatMap((x) =>
      [-35, 0, 35].flatMap((y) => {
        const at: Vector = [frame.centre[0] + x, frame.centre[1] + y, frame.centre[2] + (x + y) / 4];
        const [a, b] = [applied(truth, at), applied(one, at)];
        return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      }),
    );
    return Math.sqrt(off.reduce((sum, v) => sum + v * v, 0) / off.length) / SPACING[0];
  });
}

const found = (one: Drawn, options: Partial<Parameters<typeof estimateMotion>[1]> = {}) =>
  estimateMotion(one.volume, { only2d: false, ...options });
const motionsOf = ({ poses }: ReturnType<typeof estimateMotion>) => poses.map(({ motion }) => motion);

const NONE = [0, 0, 0, 0, 0, 0];
const SOME = [
  NONE,
  [0.6, -0.3, 0.9, 0.3 * degree, 0, -0.2 * degree],
  [3, -2, 4, -2 * degree, degree, 2 * degree],
  [-9, 6, -5, 3 * degree, -2 * degree, -3 * degree],
  [0.1, 0.1, 0, 0, 0, 0.1 * degree],
];

describe('motion between frames', () => {
  it('is found within a tenth of a voxel, from a part of one to three', () => {
    const one = drawn({ values: SOME });
    const motion = found(one);
    expect(motion.kind).toBe('volume');
    expect(Math.max(...errors(one, motionsOf(motion), motion.reference))).toBeLessThan(0.1);
  });

  it('is told in the axes of the patient, whatever way the slices lie', () => {
    // sagittal, mirrored, and turned by 20 degrees
    const [c, s] = [Math.cos(20 * degree), Math.sin(20 * degree)];
    const affine = [0, 0, 4, 11, -3 * c, 3 * s, 0, 7, -3 * s, -3 * c, 0, -20, 0, 0, 0, 1];
    const one = drawn({ values: [NONE, NONE, [2, -1, 1.5, degree, 0, 0]], affine });
    const { poses, reference } = found(one);
    expect(reference).toBe(1);
    const values = poses[2].values ?? [];
    [2, -1, 1.5, 1, 0, 0].forEach((value, k) => {
      expect(Math.abs(values[k] - value)).toBeLessThan(0.2);
    });
  });

  it('is none where nothing moved', () => {
    const { poses } = found(drawn({ values: [NONE, NONE, NONE] }));
    for (const { values, deviation } of poses) {
      expect(Math.max(...(values ?? [9]).map(Math.abs))).toBeLessThan(0.06);
      expect(deviation).toBeLessThan(0.1);
    }
  });

  it('adds up to the framewise displacement of Power 2012', () => {
    const one = drawn({ values: [NONE, NONE, [1, -1, 0, 0, 0, degree]] });
    const { poses } = found(one);
    expect(poses[0].displacement).toBeNull();
    expect(poses[1].displacement).toBeLessThan(0.15);
    expect(Math.abs((poses[2].displacement ?? 0) - (2 + 50 * degree))).toBeLessThan(0.25);
  });

  it('is told in the plane alone where slices are few', () => {
    const values = [NONE, [2, -4, 0, 0, 0, 2 * degree], [0.5, 0.2, 0, 0, 0, 0]];
    const one = drawn({ values, slices: 2, inPlane: true });
    const motion = found(one);
    expect(motion.kind).toBe('plane');
    expect(Math.max(...errors(one, motionsOf(motion), motion.reference))).toBeLessThan(0.1);
  });

  it('is found through another contrast, by the frames that have it together', () => {
    const moved = [2, 1, -2, degree, 0, degree];
    const signals: [number, number][] = [
      [0.5, 0.1],
      [0.5, 0.1],
      [0.5, 0.1],
      [1, 3],
      [1, 3],
    ];
    const one = drawn({ values: [NONE, moved, NONE, NONE, moved], signals });
    const motion = found(one);
    expect(motion.poses.map(({ group }) => group)).toEqual([0, 0, 0, 1, 1]);
    // of the fourth frame none before tells how it moved, and the fifth is held against it
    expect(motion.poses.map(({ displacement }) => displacement === null)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(Math.max(...errors(one, motionsOf(motion), motion.reference))).toBeLessThan(0.2);
  });

  it('heeds no slices that are named', () => {
    const one = drawn({ values: [NONE, NONE, [2, 0, 1, 0, 0, degree], NONE] });
    const area = SIDE * SIDE;
    const bad = [4, 5, 9];
    for (const slice of bad)
      one.volume.data.fill(40, (2 * SLICES + slice) * area, (2 * SLICES + slice + 1) * area);
    const outliers = [{ frame: 2, dropOuts: bad, spikes: [], displaced: null }];
    const motion = found(one, { outliers });
    expect(Math.max(...errors(one, motionsOf(motion), motion.reference))).toBeLessThan(0.1);
  });

  it('is not known of a frame that shows nothing', () => {
    const one = drawn({ values: [NONE, NONE, NONE, NONE] });
    const random = new Random(8);
    const length = SIDE * SIDE * SLICES;
    for (let i = 2 * length; i < 3 * length; i++)
      one.volume.data[i] = 500 * Math.hypot(random.normal(), random.normal());
    const { poses } = found(one);
    expect(poses.map(({ values }) => values === null)).toEqual([false, false, true, false]);
    expect(poses[2].displacement).toBeNull();
    expect(poses[3].displacement).toBeNull();
  });

  it('is not told of a single frame, nor of planes too small', () => {
    const one = drawn({ values: [NONE], slices: 5 });
    expect(() => found(one)).toThrow(
      expect.objectContaining({ code: 'E_NOT_ELIGIBLE', reason: 'E_NOT_ELIGIBLE/motion' }),
    );
    const small = volumeOf(new Float32Array(8 * 8 * 6 * 3), [8, 8, 6, 3]);
    expect(() => estimateMotion(small, { only2d: false })).toThrow(
      expect.objectContaining({ code: 'E_TOO_SMALL', reason: 'E_TOO_SMALL/motion' }),
    );
  });
});

describe('a rigid motion', () => {
  it('is the same as matrix and as six values, and undone by its inverse', () => {
    const frame = frameOf(drawn({ values: [NONE], slices: 5 }).volume, false);
    const values = [3, -2, 1, 0.2, -0.1, 0.3];
    const motion = rigid(frame, values);
    valuesOf(frame, motion).forEach((value, k) => {
      expect(value).toBeCloseTo(values[k], 9);
    });
    multiplied(motion, inverted(motion)).forEach((value, k) => {
      expect(value).toBeCloseTo(k % 5 === 0 ? 1 : 0, 9);
    });
  });
});
