import { describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { ghostRemover } from '../../../src-main/artifacts/remove/ghost.js';
import { gibbsRemover } from '../../../src-main/artifacts/remove/gibbs.js';
import { withoutLine } from '../../../src-main/artifacts/remove/planes/zipper-amounts.js';
import { kindsOf } from '../../../src-main/artifacts/remove/planes/zipper-places.js';
import { Random } from '../../../src-main/base/random.js';
import type { CleaningTrust } from '../../../src-main/contract/trust.js';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { median } from '../../../src-main/noise/robust.js';
import { cleaningTrust } from '../../../src-main/trust/cleaning.js';
import { acquired } from '../../../src-main/trust/signs/acquired.js';
import { acquiredPhantom, stackOf } from '../../artifacts/remove/support.js';
import { withZippers } from '../../artifacts/remove/zippers.js';
import { headDrawer } from '../../bench/drawn-heads.js';
import { CH2, fileLacks } from '../../imaging/support.js';

const lacks = fileLacks(CH2, 'mricron-data');
const head = lacks === '' ? headDrawer(96, 6)(21, 'T2', 'axial', 0.015) : null;
const ABOUT = { modality: 'MR', phase: 'y', asked: true } as const;

const judged = (before: Volume, again: (part: Volume) => Volume): Promise<CleaningTrust> =>
  cleaningTrust({ before, after: again(before), again, sigma: 0, random: new Random(1) });
const gainOf = ({ signs }: CleaningTrust, name: string): number =>
  signs.find(({ sign }) => sign === name)?.gain ?? Number.NaN;
const testsOf = ({ reasons }: CleaningTrust): string[] => reasons.map(({ test }) => test);

/** The remover's own fit of a line, whether there is one or not. */
function forcedLine(volume: Volume, column: number, bright: number): Volume {
  const { rows, columns, slices } = volume;
  const data = new Float32Array(volume.data.length);
  for (let plane = 0; plane < slices; plane++) {
    const start = plane * rows * columns;
    const lines = Array.from({ length: columns }, (_, x) =>
      Float32Array.from({ length: rows }, (_, y) => volume.data[start + y * columns + x]),
    );
    const zipper = { column, power: (0.4 * bright) ** 2, share: 1, isCertain: true };
    const left = withoutLine(lines, kindsOf(lines, bright), zipper);
    for (let i = 0; i < rows * columns; i++) data[start + i] = left[i % columns][Math.floor(i / columns)];
  }
  return withData(volume, data);
}

/** Image and ghost solved for at a depth that is given. */
function forcedGhost(volume: Volume, percent: number): Volume {
  const { rows, columns } = volume;
  const area = rows * columns;
  const share = Math.sin(Math.atan(percent / 100)) ** 2;
  return withData(
    volume,
    volume.data.map((value, i) => {
      const start = i - (i % area);
      const other = volume.data[start + (((i % area) + (rows >> 1) * columns) % area)];
      return Math.sqrt(Math.max(0, ((1 - share) * value ** 2 - share * other ** 2) / (1 - 2 * share)));
    }),
  );
}

const field = (volume: Volume, strength: number): Volume =>
  withData(
    volume,
    volume.data.map((value, i) => value * Math.exp(strength * ((i % volume.columns) / volume.columns - 0.5))),
  );

describe.skipIf(head === null)('signs of whether an image is better without what was removed', () => {
  const truth = head as Volume;

  it('pass a line that was there, and none that was fitted to tissue, or put in', async () => {
    const drawn = withZippers(truth, [{ at: 54, percent: 50 }], 3);
    const right = await judged(drawn, (part) => forcedLine(part, 54, 1000));
    expect(right.largest).toBeGreaterThan(3);
    expect(right.verdict).toBe('pass');
    expect(gainOf(right, 'presence')).toBeGreaterThan(0.7);
    const fitted = await judged(truth, (part) => forcedLine(part, 52, 1000));
    expect(fitted.largest).toBeGreaterThan(3);
    expect(fitted.verdict).toBe('warn');
    // What was fitted is found in the image: only what is around tells.
    expect(gainOf(fitted, 'presence')).toBeGreaterThan(0.5);
    expect(gainOf(fitted, 'surroundings')).toBeLessThan(gainOf(right, 'surroundings') - 0.3);
    const put = await judged(truth, (part) => {
      const line = withZippers(part, [{ at: 45, percent: 30 }], 9);
      return withData(
        part,
        part.data.map((value, i) => Math.max(0, 2 * value - line.data[i])),
      );
    });
    expect(put.verdict).toBe('fail');
    expect(testsOf(put)).toEqual(['presence']);
    expect(put.reasons[0].message).toMatch(/times its noise/);
  });

  it('pass a ghost that was there, and none that was not, or was taken away too deep', async () => {
    const drawn = simulateArtifact(truth, { artifact: 'ghost', severity: 20, seed: 4 });
    const right = await judged(drawn, (part) => ghostRemover.look(part, ABOUT).remove());
    expect(right.verdict).toBe('pass');
    expect(gainOf(right, 'copies')).toBeGreaterThan(0.7);
    const none = await judged(truth, (part) => forcedGhost(part, 30));
    expect(none.verdict).not.toBe('pass');
    expect(gainOf(none, 'copies')).toBeLessThan(-0.7);
    const deep = await judged(drawn, (part) => forcedGhost(part, 45));
    expect(deep.verdict).not.toBe('pass');
    expect(gainOf(deep, 'copies')).toBeLessThan(gainOf(right, 'copies'));
  });

  it('tell a field that was there from one that was not', async () => {
    const right = await judged(field(truth, 1), (part) => field(part, -1));
    expect(gainOf(right, 'tissues')).toBeGreaterThan(0.7);
    expect(right.verdict).toBe('pass');
    const wrong = await judged(truth, (part) => field(part, 1));
    expect(gainOf(wrong, 'tissues')).toBeLessThan(-0.7);
    expect(wrong.verdict).toBe('warn');
    expect(testsOf(wrong)).toContain('tissues');
  });

  it('is told of a field that some planes show far more of than others', async () => {
    const area = truth.columns * truth.rows;
    const strengthOf = (i: number): number => 0.6 + 0.5 * Math.floor(i / area);
    const uneven = (volume: Volume, sign: number): Volume =>
      withData(
        volume,
        volume.data.map((value, i) => {
          const across = (i % volume.columns) / volume.columns - 0.5;
          return value * Math.exp(sign * strengthOf(i) * across);
        }),
      );
    const right = await judged(uneven(truth, 1), (part) => uneven(part, -1));
    const told = right.signs.find(({ sign }) => sign === 'tissues');
    expect(told?.gain).toBeGreaterThan(0.7);
    expect(told?.error).toBeLessThan(0.4);
    const wrong = await judged(truth, (part) => uneven(part, 1));
    expect(gainOf(wrong, 'tissues')).toBeLessThan(-0.7);
  });

  it('do not pass structure that nothing explains, and let small changes be', async () => {
    const random = new Random(5);
    const texture = truth.data.map((value) => (value > 200 ? 60 * random.normal() : 0));
    const added = (strength: number) => (part: Volume) =>
      withData(
        part,
        part.data.map((value, i) => Math.max(0, value + strength * texture[i])),
      );
    const much = await judged(truth, added(2));
    expect(much.verdict).toBe('fail');
    expect(gainOf(much, 'presence')).toBeLessThan(-0.8);
    expect(much.places[0].changeOverSigma).toBeGreaterThan(3);
    const little = await judged(truth, added(0.1));
    expect(little.largest).toBeLessThan(3);
    expect(little.verdict).toBe('pass');
  });

  it('pass nothing that blurs or moves the image, whatever it takes away besides', async () => {
    const filtered = (weights: readonly (readonly [step: number, weight: number])[]) => (part: Volume) =>
      withData(
        part,
        part.data.map((value, i) =>
          weights.reduce((sum, [step, weight]) => sum + weight * (part.data[i + step] ?? value), 0),
        ),
      );
    const { columns } = truth;
    const blurs = [
      [-1, 0.2],
      [0, 0.2],
      [1, 0.2],
      [-columns, 0.2],
      [columns, 0.2],
    ] as const;
    const blurred = await judged(truth, filtered(blurs));
    expect(gainOf(blurred, 'sharpness')).toBeLessThan(-0.4);
    expect(testsOf(blurred)).toContain('sharpness');
    const aside = await judged(
      truth,
      filtered([
        [0, 0.5],
        [-1, 0.5],
      ]),
    );
    expect(gainOf(aside, 'position')).toBeLessThan(-0.7);
    expect(aside.verdict).toBe('fail');
    // A line that was there is taken away by what also blurs: it was there, and the image is worse all the same.
    const drawn = withZippers(truth, [{ at: 54, percent: 50 }], 3);
    const both = await judged(drawn, (part) => filtered(blurs)(forcedLine(part, 54, 1000)));
    expect(both.verdict).not.toBe('pass');
    expect(testsOf(both)).toContain('sharpness');
    const right = await judged(drawn, (part) => forcedLine(part, 54, 1000));
    for (const sign of ['sharpness', 'position']) expect(gainOf(right, sign)).toBe(0);
  });

  it('tell of a displacement by degrees', async () => {
    const gains = await Promise.all(
      [0.1, 0.2, 0.3, 0.4, 0.5].map(async (share) => {
        const moved = await judged(truth, (part) =>
          withData(
            part,
            part.data.map((value, i) => (1 - share) * value + share * (part.data[i - 1] ?? value)),
          ),
        );
        return gainOf(moved, 'position');
      }),
    );
    for (const [k, gain] of gains.slice(1).entries()) {
      expect(gain).toBeLessThanOrEqual(gains[k]);
      expect(gain).toBeGreaterThan(gains[k] - 0.8);
    }
    expect(gains[0]).toBeGreaterThan(-0.3);
    expect(gains[4]).toBe(-1);
  });
});

describe('the sign of what was acquired', () => {
  const SIDE = 96;
  const ACQUIRED = 47;
  const { ringing, means } = acquiredPhantom(SIDE, ACQUIRED);
  const planes = (plane: Float32Array) => stackOf([plane, plane, plane], SIDE);
  const before = planes(ringing);
  const right = planes(means);
  const tissue = Uint8Array.from(right.data, (value) => (value > 200 ? 1 : 0));
  const axes = { highest: (ACQUIRED - 1) / 2, both: (ACQUIRED - 1) / 2 };
  const sign = (after: Volume) => acquired(before, after, tissue, [0, 1, 2], { x: axes, y: axes });
  const mixed = (share: number) =>
    withData(
      before,
      before.data.map((value, i) => value + share * (right.data[i] - value)),
    );

  it('speaks for means over voxels, and for a part of the way to them', () => {
    for (const share of [0.3, 1]) expect(sign(mixed(share))?.gain).toBe(1);
  });

  it('speaks less for ringing that is removed too far, by degrees, and against what is put in and a median', () => {
    const gains = [1, 1.5, 2, 2.5].map((share) => sign(mixed(share))?.gain ?? Number.NaN);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(gains.at(-1)).toBeLessThan(0.5);
    expect(sign(mixed(-1))?.gain).toBe(-1);
    const medians = withData(
      before,
      before.data.map((_, i) => median([-2, -1, 0, 1, 2].map((step) => before.data[i + step * SIDE] ?? 0))),
    );
    expect(sign(medians)?.gain).toBeLessThan(-0.2);
  });

  it('lets frequencies be that were acquired on one side only', () => {
    const short = { highest: axes.highest, both: axes.highest / 3 };
    const wavy = withData(
      right,
      right.data.map((value, i) => value * (1 + 0.2 * Math.cos((2 * Math.PI * 18 * (i % SIDE)) / SIDE))),
    );
    const of = (x: typeof short) => acquired(before, wavy, tissue, [0, 1, 2], { x, y: axes })?.gain;
    expect(of(axes)).toBe(-1);
    expect(of(short)).toBeGreaterThan(0.5);
  });

  it('lets a right removal of ringing pass, and a blur in its place not', async () => {
    const about = { modality: 'MR', phase: 'y' } as const;
    // In air magnitudes turn lobes over, which the sign does not know.
    const magnitudes = planes(ringing.map(Math.abs));
    const look = gibbsRemover.look(magnitudes, about);
    expect(look.acquired?.x.highest).toBe(axes.highest);
    if (look.acquired === undefined) return;
    const told = { before: magnitudes, sigma: 0, random: new Random(1), acquired: look.acquired };
    const again = (part: Volume) => gibbsRemover.look(part, about).remove();
    const trust = await cleaningTrust({ ...told, after: look.remove(), again });
    expect(gainOf(trust, 'acquired')).toBeGreaterThan(0);
    expect(gainOf(trust, 'sharpness')).toBeNaN();
    for (const test of ['acquired', 'signs', 'structure']) expect(testsOf(trust)).not.toContain(test);
    const blurred = (part: Volume) =>
      withData(
        part,
        part.data.map((value, i) => (value + (part.data[i + 3] ?? 0) + (part.data[i - 3] ?? 0)) / 3),
      );
    const wrong = await cleaningTrust({ ...told, after: blurred(magnitudes), again: blurred });
    expect(gainOf(wrong, 'acquired')).toBeLessThan(-0.5);
    expect(wrong.verdict).not.toBe('pass');
    expect(testsOf(wrong)).toContain('acquired');
  });
});
