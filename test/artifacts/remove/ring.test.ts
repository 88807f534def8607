import { describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { ringRemover } from '../../../src-main/artifacts/remove/ring.js';
import { Random } from '../../../src-main/base/random.js';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { cleaningTrust } from '../../../src-main/trust/cleaning.js';
import { distance } from '../support.js';
import { ctHead } from './ct-head.js';
import { stackOf } from './support.js';

const CT = { modality: 'CT', phase: null };
const SIDE = 192;
const MIDDLE = (SIDE - 1) / 2;
const AREA = SIDE * SIDE;
const head = headOf([1]);

function headOf(seeds: readonly number[]): Volume {
  return {
    ...stackOf(
      seeds.map((seed) => ctHead(SIDE, seed)),
      SIDE,
    ),
    units: 'HU',
  };
}

const withRings = (volume: Volume, severity: number, seed: number): Volume =>
  simulateArtifact(volume, { artifact: 'ring', severity, seed });

/** Adds to values at some distances from the middle and some angles. */
function added(volume: Volume, extra: (radius: number, turn: number, value: number) => number): Volume {
  return withData(
    volume,
    volume.data.map((value, i) => {
      const [x, y] = [(i % SIDE) - MIDDLE, Math.floor((i % AREA) / SIDE) - MIDDLE];
      return value + extra(Math.hypot(x, y), Math.atan2(y, x), value);
    }),
  );
}

describe('rings of detector channels', () => {
  it.each([
    [1, 2],
    [2, 5],
    [3, 5],
  ])('are taken away by 6 dB and more, and lesions stay: draw %d of %d %%', async (seed, severity) => {
    const harmed = withRings(head, severity, seed);
    const look = ringRemover.look(harmed, CT);
    expect(look.sure).toBeGreaterThan(SURE);
    const after = look.remove();
    expect(
      20 * Math.log10(distance(harmed.data, head.data) / distance(after.data, head.data)),
    ).toBeGreaterThan(6);
    expect(look.left?.(after)).toBeLessThan(0.3 * (look.amount ?? 0));
    const again = (part: Volume) => ringRemover.look(part, CT).remove();
    const trust = await cleaningTrust({ before: harmed, after, again, sigma: 0, random: new Random(1) });
    expect(trust.verdict).toBe('pass');
    expect(trust.kept).toBeGreaterThan(90);
  });

  it('are not found in a head without them, whose skull is none: it comes back equal', () => {
    for (const about of [CT, { ...CT, asked: true }]) {
      const look = ringRemover.look(headOf([4, 5]), about);
      expect(look.sure).toBeLessThan(SURE / 2);
      expect(look.remove().data).toEqual(headOf([4, 5]).data);
    }
  });

  it('are taken away in the planes that have some; the others stay equal', () => {
    const stack = headOf([1, 2, 3]);
    const data = stack.data.slice();
    data.set(withRings(headOf([2]), 5, 7).data, AREA);
    const look = ringRemover.look(withData(stack, data), CT);
    expect(look.facts).toEqual({ planes: 1 });
    const after = look.remove().data;
    expect(after.subarray(0, AREA)).toEqual(stack.data.subarray(0, AREA));
    expect(after.subarray(2 * AREA)).toEqual(stack.data.subarray(2 * AREA));
    expect(after.subarray(AREA, 2 * AREA)).not.toEqual(data.subarray(AREA, 2 * AREA));
  });

  it('are no bright spot in the middle, which grows evenly, nor its edge that is not round', () => {
    const bright = added(head, (radius) => Math.max(0, 900 - 25 * radius));
    expect(ringRemover.look(bright, CT).remove().data).toEqual(bright.data);
  });

  it('are all around: an arc of a third of the circle is none, and stays', () => {
    const arc = added(head, (radius, turn) =>
      Math.abs(radius - 30) < 1 && Math.abs(turn) < Math.PI / 3 ? 60 : 0,
    );
    const look = ringRemover.look(arc, CT);
    expect(look.sure).toBeLessThan(SURE / 2);
  });

  it('of the object alone are not put into air, nor those of air into the object', () => {
    const around = (radius: number) => (Math.abs(radius - 85) < 1 ? 40 : 0);
    for (const isWhere of [(value: number) => value > -500, (value: number) => value < -500]) {
      const harmed = added(head, (radius, _, value) =>
        isWhere(value) ? around(radius) + (Math.abs(radius - 40) < 1 ? 40 : 0) : 0,
      );
      const after = ringRemover.look(harmed, { ...CT, asked: true }).remove();
      let worst = 0;
      for (let i = 0; i < AREA; i++)
        if ([0, -3, 3, -3 * SIDE, 3 * SIDE].every((step) => !isWhere(head.data[i + step] ?? -1000)))
          worst = Math.max(worst, Math.abs(after.data[i] - harmed.data[i]));
      expect(worst).toBeLessThan(15);
    }
  });

  it.each([false, true])('are removed by degrees, asked for by name %s', (asked) => {
    const changes = Array.from({ length: 8 }, (_, k) => {
      const harmed = withRings(head, 0.15 * k, 3);
      const look = ringRemover.look(harmed, { ...CT, asked });
      // An artifact that is less sure is absent, or left where it was not asked for.
      return look.sure < (asked ? SURE / 2 : SURE) ? 0 : distance(look.remove().data, harmed.data);
    });
    expect(changes.at(-1)).toBeGreaterThan(2);
    for (let k = 1; k < changes.length; k++) expect(changes[k] - changes[k - 1]).toBeLessThan(2);
  });

  it('leave padding and values that were cut off as they are', () => {
    const harmed = withRings(head, 5, 2);
    const measured = new Uint8Array(AREA).fill(1);
    const at = (SIDE >> 1) * SIDE + 70;
    measured[at] = 0;
    const cut = withData(
      harmed,
      harmed.data.map((value, i) => (i === at ? -2000 : Math.max(-1000, value))),
    );
    const after = ringRemover.look({ ...cut, measured }, CT).remove();
    expect(after.data[at]).toBe(-2000);
    const look = ringRemover.look(
      withData(
        cut,
        cut.data.map((value) => Math.max(-1000, value)),
      ),
      CT,
    );
    const cleaned = look.remove();
    expect(cleaned.data.every((value, i) => cut.data[i] > -1000 || i === at || value === -1000)).toBe(true);
    expect(cleaned.data).not.toEqual(cut.data);
  });

  it('are not looked for in MR, in what is no Hounsfield scale, and in what is not finite; small planes have none', () => {
    expect(() => ringRemover.look(head, { ...CT, modality: 'MR' })).toThrow(/no CT/);
    const bright = withData(
      { ...head, units: 'a.u.' },
      head.data.map((value) => value + 1000),
    );
    expect(() => ringRemover.look(bright, { ...CT, modality: 'NIFTI' })).toThrow(/no CT/);
    const holed = withData(head, head.data.slice().fill(Number.NaN, 5, 6));
    expect(() => ringRemover.look(holed, CT)).toThrow(/not finite/);
    const small = { ...stackOf([new Float32Array(32 * 32)], 32), units: 'HU' };
    expect(ringRemover.look(small, CT).sure).toBe(0);
  });

  it('are not made of values that are no HU, which stay', () => {
    const volume = withData(
      head,
      head.data.map((value, i) => (i % 977 === 0 ? 1e30 : value)),
    );
    const look = ringRemover.look(volume, CT);
    expect(look.sure).toBeLessThan(SURE);
    expect(look.remove().data).toEqual(volume.data);
    const scaled = head.data.map((value) => 1e27 * value);
    const after = ringRemover.look(withData(head, scaled), CT);
    expect(after.amount).toBeLessThan(1);
  });
});
