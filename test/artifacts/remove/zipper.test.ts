import { describe, expect, it } from 'vitest';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { zipperRemover } from '../../../src-main/artifacts/remove/zipper.js';
import { Random } from '../../../src-main/base/random.js';
import { planeLength, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { cleaningTrust } from '../../../src-main/trust/cleaning.js';
import { distance } from '../support.js';
import { acquiredPhantom, stackOf } from './support.js';
import { withZippers } from './zippers.js';

const SIDE = 128;
const MR = { modality: 'MR', phase: 'y' } as const;
const { means } = acquiredPhantom(SIDE, 127);
const head = headOf(3);

/** Planes with noise of one part in a hundred of what is bright. */
function headOf(slices: number): Volume {
  const random = new Random(2);
  const plane = () => means.map((value) => Math.hypot(value + 8 * random.normal(), 8 * random.normal()));
  return stackOf(Array.from({ length: slices }, plane), SIDE);
}

const gain = (harmed: Volume, after: Volume, truth: Volume): number =>
  20 * Math.log10(distance(harmed.data, truth.data) / distance(after.data, truth.data));

/** Rows for columns. */
function turned(volume: Volume): Volume {
  const area = planeLength(volume);
  return withData(
    volume,
    volume.data.map((_, i) => {
      const [x, y] = [i % SIDE, Math.floor((i % area) / SIDE)];
      return volume.data[i - (i % area) + x * SIDE + y];
    }),
  );
}

describe('zippers', () => {
  it.each([
    [[{ at: 60, percent: 50 }], 15],
    [[{ at: 60, percent: 20 }], 10],
    [[{ at: 60.5, percent: 50 }], 8],
    [
      [
        { at: 18, percent: 40 },
        { at: 71.25, percent: 60 },
      ],
      8,
    ],
  ])('are found and taken away: %j by %d dB and more, and lesions stay', async (lines, least) => {
    const harmed = withZippers(head, lines, 5);
    const look = zipperRemover.look(harmed, MR);
    expect(look.sure).toBeGreaterThan(SURE);
    expect(look.facts).toMatchObject({ planes: 3 });
    const after = look.remove();
    expect(gain(harmed, after, head)).toBeGreaterThan(least);
    expect(look.left?.(after)).toBeLessThan(0.2 * (look.amount ?? 0));
    const again = (part: Volume) => zipperRemover.look(part, MR).remove();
    const trust = await cleaningTrust({ before: harmed, after, again, sigma: 0, random: new Random(1) });
    expect(trust.verdict).toBe('pass');
    expect(trust.kept).toBeGreaterThan(90);
  });

  it('are not found in a head without them, which comes back equal', () => {
    for (const about of [MR, { ...MR, phase: null }, { ...MR, asked: true }]) {
      const look = zipperRemover.look(head, about);
      expect(look.sure).toBe(0);
      expect(look.remove().data).toEqual(head.data);
    }
  });

  it('are looked for along the axis of phase encoding, along both where it is not told', () => {
    const harmed = withZippers(head, [{ at: 60, percent: 40 }], 5);
    expect(zipperRemover.look(harmed, { ...MR, phase: 'x' }).sure).toBeLessThan(SURE);
    const across = zipperRemover.look(turned(harmed), { ...MR, phase: null });
    expect(across.words).toContain('along rows');
    expect(across.remove().data).toEqual(turned(zipperRemover.look(harmed, MR).remove()).data);
  });

  it('stay out of planes that have none, which come back equal', () => {
    const stack = headOf(3);
    const data = stack.data.slice();
    const area = planeLength(stack);
    data.set(withZippers(stack, [{ at: 60, percent: 30 }], 5).data.subarray(area), area);
    const look = zipperRemover.look(withData(stack, data), MR);
    expect(look.facts).toMatchObject({ planes: 2 });
    const after = look.remove().data;
    expect(after.subarray(0, area)).toEqual(stack.data.subarray(0, area));
    expect(after.subarray(area, 2 * area)).not.toEqual(data.subarray(area, 2 * area));
    expect(after.subarray(2 * area)).not.toEqual(data.subarray(2 * area));
  });

  it.each([false, true])('are none where few planes have them, asked for: %s', (asked) => {
    const stack = headOf(8);
    const area = planeLength(stack);
    const lines = [{ at: 60, percent: 30 }];
    const data = stack.data.slice();
    data.set(withZippers(stack, lines, 5).data.subarray(area, 2 * area), area);
    const few = zipperRemover.look(withData(stack, data), { ...MR, asked });
    expect(few.sure).toBe(0);
    expect(few.remove().data).toEqual(data);
    data.set(withZippers(stack, lines, 5).data.subarray(4 * area), 4 * area);
    expect(zipperRemover.look(withData(stack, data), { ...MR, asked }).facts).toMatchObject({ planes: 5 });
  });

  it('are removed by degrees', () => {
    const changes = Array.from({ length: 9 }, (_, k) => {
      const harmed = withZippers(head, [{ at: 60, percent: 0.5 * k }], 5);
      const look = zipperRemover.look(harmed, MR);
      return look.sure < SURE ? 0 : distance(look.remove().data, harmed.data);
    });
    expect(changes[0]).toBe(0);
    expect(changes.at(-1)).toBeGreaterThan(1);
    for (let k = 1; k < changes.length; k++) expect(Math.abs(changes[k] - changes[k - 1])).toBeLessThan(1.2);
  });

  it('are told by many planes together where the head leaves no air, and left where one plane tells', () => {
    const full = (slices: number) =>
      withData(
        headOf(slices),
        headOf(slices).data.map((value) => value + 900),
      );
    const look = zipperRemover.look(withZippers(full(14), [{ at: 60, percent: 30 }], 5), MR);
    expect(look.sure).toBeGreaterThan(SURE);
    const few = zipperRemover.look(withZippers(full(1), [{ at: 60, percent: 50 }], 5), MR);
    expect(few.sure).toBeLessThan(SURE);
    expect(few.sure).toBeGreaterThan(0);
    expect(few.left?.(few.remove())).toBe(0);
  });

  it('are no line of anatomy, bright or dark, that goes all along, and no broad ghost of a vessel', () => {
    const random = new Random(9);
    const bright = head.data.map((value, i) => (i % SIDE === 60 ? value + 300 : value));
    const pulses = Array.from({ length: SIDE }, () => 200 * random.uniform());
    const ghost = head.data.map((value, i) => {
      const x = i % SIDE;
      return x >= 58 && x < 66 ? Math.hypot(value, pulses[Math.floor(i / SIDE / 6) % SIDE]) : value;
    });
    for (const data of [bright, ghost])
      expect(zipperRemover.look(withData(head, data), MR).sure).toBeLessThan(SURE);
  });

  it('leave padding as it is, and are not looked for in CT, in signed values and in small planes', () => {
    const harmed = withZippers(head, [{ at: 60, percent: 50 }], 5);
    const measured = new Uint8Array(SIDE * SIDE * 3).fill(1);
    measured[60 + 64 * SIDE] = 0;
    const after = zipperRemover.look({ ...harmed, measured }, MR).remove();
    expect(after.data[60 + 64 * SIDE]).toBe(harmed.data[60 + 64 * SIDE]);
    expect(() => zipperRemover.look(head, { modality: 'CT', phase: null })).toThrow(/MR/);
    const signed = withData(
      harmed,
      harmed.data.map((value) => value - 100),
    );
    expect(zipperRemover.look(signed, MR).sure).toBe(0);
    expect(zipperRemover.look(stackOf([new Float32Array(32 * 32)], 32), MR).sure).toBe(0);
  });
});
