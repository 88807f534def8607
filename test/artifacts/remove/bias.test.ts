import { describe, expect, it } from 'vitest';
import { simulateArtifact } from '../../../src-main/artifacts/artifacts.js';
import { biasRemover } from '../../../src-main/artifacts/remove/bias.js';
import { SURE } from '../../../src-main/artifacts/remove/remover.js';
import { Random } from '../../../src-main/base/random.js';
import { cutBox, wholeBox } from '../../../src-main/imaging/box.js';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { drawnHead } from '../../support/drawn-head.js';
import { stackOf } from './support.js';

const MR = { modality: 'MR', phase: null };
const NAMED = { ...MR, asked: true };
const head = drawnHead();
/** Darker is bone, fluid and air. */
const TISSUE = 80;

const withField = (range: number, seed = 2): Volume =>
  simulateArtifact(head, { artifact: 'bias', severity: range, seed });

/** Standard deviation of the logarithm of one image over another where there is tissue. */
function fieldSpread(image: Volume, truth: Volume): number {
  const logs: number[] = [];
  for (let i = 0; i < truth.data.length; i++)
    if (truth.data[i] > TISSUE) logs.push(Math.log(image.data[i] / truth.data[i]));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);
}

describe('the field of a coil', () => {
  it.each([1, 2, 6])('is gone for the most part, of whatever form: draw %d', (seed) => {
    const harmed = withField(100, seed);
    const look = biasRemover.look(harmed, MR);
    expect(look.sure).toBeGreaterThan(SURE);
    const after = look.remove();
    expect(fieldSpread(after, head)).toBeLessThan(0.25 * fieldSpread(harmed, head));
    expect(look.left?.(after)).toBeLessThan(look.amount ?? 0);
  });

  it('is told of noise, too', () => {
    const harmed = withField(100, 2);
    const random = new Random(4);
    const noisy = withData(
      harmed,
      harmed.data.map((value) => Math.hypot(value + 8 * random.normal(), 8 * random.normal())),
    );
    const gain = biasRemover.look(noisy, NAMED).remove();
    const field = withData(
      head,
      head.data.map((value, i) => (value * gain.data[i]) / noisy.data[i]),
    );
    const left = withData(
      head,
      field.data.map((value, i) => (value * harmed.data[i]) / Math.max(1, head.data[i])),
    );
    expect(fieldSpread(left, head)).toBeLessThan(0.5 * fieldSpread(harmed, head));
  });

  it('is not found in a head without one, which stays as it is', () => {
    const look = biasRemover.look(head, MR);
    expect(look.sure).toBeLessThan(SURE);
    expect(look.remove().data).toEqual(head.data);
  });

  it('is taken from a part of the slices by the share that was taken from the whole', () => {
    const whole = withField(100);
    const part = cutBox(whole, { ...wholeBox(whole), slice: whole.slices >> 1, slices: 5 });
    const [some, all] = [0.3, 1].map((share) => {
      const after = biasRemover.look(part, { ...MR, share }).remove();
      return fieldSpread(after, part);
    });
    expect(all).toBeGreaterThan(0.02);
    expect(some / all).toBeCloseTo(0.3, 2);
  });

  it('changes a flat phantom by less than 0.5 %, also where it is asked for', () => {
    const random = new Random(2);
    const inside = (i: number) => ((i % 64) - 31) ** 2 + (Math.floor(i / 64) - 31) ** 2 < 26 ** 2;
    const plane = () =>
      Float32Array.from({ length: 64 * 64 }, (_, i) =>
        Math.hypot((inside(i) ? 800 : 0) + 10 * random.normal(), 10 * random.normal()),
      );
    const phantom = stackOf(
      Array.from({ length: 12 }, () => plane()),
      64,
    );
    const after = biasRemover.look(phantom, NAMED).remove();
    let most = 0;
    for (let i = 0; i < phantom.data.length; i++)
      if (inside(i % (64 * 64))) most = Math.max(most, Math.abs(after.data[i] / phantom.data[i] - 1));
    expect(most).toBeLessThan(0.005);
  });

  it.each([false, true])(
    'is removed by degrees, asked for by name %s: a little more of it never changes much more',
    (asked) => {
      const changes = Array.from({ length: 7 }, (_, k) => {
        const harmed = withField(10 * k);
        const look = biasRemover.look(harmed, { ...MR, asked });
        // An artifact that is less sure is absent, or left where it was not asked for.
        return look.sure < (asked ? SURE / 2 : SURE) ? 0 : fieldSpread(look.remove(), harmed);
      });
      expect(changes.at(-1)).toBeGreaterThan(0.05);
      for (let k = 1; k < changes.length; k++) expect(changes[k] - changes[k - 1]).toBeLessThan(0.04);
    },
  );

  it('is one for all frames, and padding stays as it is', () => {
    const harmed = withField(100);
    const measured = new Uint8Array(harmed.data.length).fill(1);
    measured[7] = 0;
    const data = new Float32Array(2 * harmed.data.length);
    data.set(harmed.data);
    data.set(
      harmed.data.map((value) => value / 2),
      harmed.data.length,
    );
    data[7] = 55;
    const after = biasRemover.look({ ...harmed, frames: 2, data, measured }, NAMED).remove();
    expect(after.data[7]).toBe(55);
    const at = head.data.findIndex((value, i) => value > TISSUE && i > head.data.length / 2);
    expect(after.data[at + harmed.data.length]).toBeCloseTo(after.data[at] / 2, 4);
  });

  it.each([1, 3])('is looked for in %d slices', (slices) => {
    const area = head.rows * head.columns;
    const harmed = withField(120);
    const some = (of: Volume) => ({ ...of, slices, data: of.data.slice(9 * area, (9 + slices) * area) });
    const after = biasRemover.look(some(harmed), NAMED).remove();
    expect(fieldSpread(after, some(head))).toBeLessThan(0.6 * fieldSpread(some(harmed), some(head)));
  });

  it.each([
    ['stripes of two slices', 2, (x: number) => 800 + 200 * Math.sin(x / 4)],
    ['stripes that all slices have', 12, (x: number) => 800 + 200 * Math.sin(x / 4)],
    ['one tissue that grows brighter', 12, (x: number) => 800 * Math.exp(x / 60)],
  ])('is not told from the object where only that tells it: %s', (_, slices, tissueAt) => {
    const random = new Random(5);
    const side = 48;
    const plane = () =>
      Float32Array.from({ length: side * side }, (_, i) => {
        const [x, y] = [(i % side) - side / 2, Math.floor(i / side) - side / 2];
        const tissue = Math.hypot(x, y) < side / 3 ? tissueAt(x) : 0;
        return Math.hypot(tissue + 40 * random.normal(), 40 * random.normal());
      });
    const drawn = stackOf(Array.from({ length: slices }, plane), side);
    const look = biasRemover.look(drawn, MR);
    expect(look).toMatchObject({ little: true, facts: { share: 0 } });
    expect(look.sure).toBeLessThan(SURE);
    expect(look.sure).toBeGreaterThan(SURE / 2);
    expect(biasRemover.look(drawn, NAMED).remove().data).not.toEqual(drawn.data);
  });

  it('is not looked for in CT, in quantities and in values of both signs, nor where there is no tissue', () => {
    expect(() => biasRemover.look({ ...head, units: 'HU' }, MR)).toThrow(/none/);
    expect(() => biasRemover.look(head, { ...MR, modality: 'CT' })).toThrow(/none/);
    expect(() => biasRemover.look({ ...head, units: 'ms' }, MR)).toThrow(/no magnitudes/);
    const phase = withData(
      head,
      head.data.map((value) => value - 100),
    );
    expect(() => biasRemover.look(phase, MR)).toThrow(/no magnitudes/);
    const empty = withData(head, new Float32Array(head.data.length));
    expect(() => biasRemover.look(empty, NAMED)).toThrow(/too little tissue/);
  });
});
