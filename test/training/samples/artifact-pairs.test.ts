import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { ARTIFACT_NAMES } from '../../../src-main/contract/requests/choices.js';
import { artifactBatches, artifactObjective } from '../../../src-main/training/samples/artifact-pairs.js';
import { corpusSeries, splitCorpus } from '../../../src-main/training/samples/corpus.js';
import { foldedView } from '../../../src-main/training/samples/folds.js';
import { volumeOf } from '../../imaging/support.js';

const SIDE = 48;
const SLICES = 8;
const SETTINGS = { size: 32, batchSize: 3, seed: 5, folded: false };
const AREA = SETTINGS.size * SETTINGS.size;

/** Discs of three intensities before air; every slice has its own. */
function scene(offset = 0) {
  const data = Float32Array.from({ length: SIDE * SIDE * SLICES }, (_, i) => {
    const [x, y, z] = [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / (SIDE * SIDE))];
    const inside = (u: number, v: number, radius: number) => (Math.hypot(x - u, y - v) < radius ? 1 : 0);
    return offset + 400 * inside(24, 24, 18) + 300 * inside(18, 20 + z, 5) - 200 * inside(30, 28, 4);
  });
  return volumeOf(data, [SIDE, SIDE, SLICES]);
}

function corpus(offset = 0) {
  return splitCorpus([corpusSeries(scene(offset), 'one', null)], 0.25, new Random(2));
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
}

describe('artifactBatches', () => {
  it('pairs planes of every artifact with the plane itself', () => {
    for (const artifact of ARTIFACT_NAMES) {
      const series = corpus(artifact === 'ring' ? -1000 : 0);
      const source = artifactBatches(series, artifactObjective(artifact, null), SETTINGS);
      const { input, target, weight } = source.batch(new Random(1), 'training', 0);
      expect(input.length, artifact).toBe(3 * AREA);
      expect(distance(input, target), artifact).toBeGreaterThan(1e-3);
      expect(distance(input, target), artifact).toBeLessThan(0.5);
      expect(input.every(Number.isFinite), artifact).toBe(true);
      expect(weight.every((value) => value === 1)).toBe(true);
      // three intensities before air, each square on a scale of its own
      for (let n = 0; n < 3; n++)
        expect(new Set(target.subarray(n * AREA, (n + 1) * AREA)).size, artifact).toBeLessThanOrEqual(4);
    }
  });

  it('takes both on the scale of the series with the artifact, which is all a model is fed by', () => {
    const whole = { size: SIDE, batchSize: 1, seed: 5, folded: false };
    const source = artifactBatches(corpus(), artifactObjective('bias', 120), whole);
    const brightest = (part: 'input' | 'target'): number[] =>
      Array.from({ length: 60 }, (_, step) =>
        source.batch(new Random(step), 'heldOut', step)[part].reduce((a, b) => Math.max(a, b)),
      );
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    const apart = (values: number[]): number =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
    expect(mean(brightest('input'))).toBeGreaterThan(0.85);
    expect(mean(brightest('input'))).toBeLessThan(1.15);
    // a strong field makes the same tissue anything between half and twice as bright on that scale
    expect(apart(brightest('target'))).toBeGreaterThan(0.1);
  });

  it('gives the same batches whatever was drawn before, so that a run can be resumed', () => {
    const objective = artifactObjective('motion', 4);
    const fresh = artifactBatches(corpus(), objective, SETTINGS).batch(new Random(9), 'training', 7);
    const used = artifactBatches(corpus(), objective, SETTINGS);
    for (let step = 0; step < 5; step++) used.batch(new Random(step), 'training', step);
    expect(used.batch(new Random(9), 'training', 7)).toEqual(fresh);
    const other = artifactBatches(corpus(), objective, { ...SETTINGS, seed: 6 });
    expect(other.batch(new Random(9), 'training', 7).input).not.toEqual(fresh.input);
  });

  it('never shows a held-out slice to training', () => {
    const series = corpus();
    const marked = { ...series[0], values: series[0].values.slice() };
    for (let slice = 0; slice < SLICES; slice++)
      if (marked.roles[slice] === 1) marked.values.fill(0.5, slice * SIDE * SIDE, (slice + 1) * SIDE * SIDE);
    const whole = { size: SIDE, batchSize: 3, seed: 5, folded: false };
    const source = artifactBatches([marked], artifactObjective('spike', null), whole);
    for (let step = 0; step < 20; step++)
      for (const part of ['training', 'heldOut'] as const) {
        const { target } = source.batch(new Random(step), part, step);
        for (let n = 0; n < 3; n++) {
          const shown = target.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
          expect(new Set(shown).size === 1).toBe(part === 'heldOut');
        }
      }
  });

  it('shows the plane folded where that is asked for: what a ghost adds to each pixel', () => {
    const whole = { size: SIDE, batchSize: 1, seed: 5, folded: true };
    const source = artifactBatches(corpus(), artifactObjective('ghost', null), whole);
    const { input } = source.batch(new Random(4), 'heldOut', 0);
    expect(input.length).toBe(3 * SIDE * SIDE);
    const at = (y: number, x: number, channel: number) => input[(y * SIDE + x) * 3 + channel];
    for (let y = 0; y < SIDE; y += 5)
      for (let x = 0; x < SIDE; x += 5) {
        expect(at(y, x, 1)).toBe(at((y + SIDE / 2) % SIDE, x, 0));
        expect(at(y, x, 2)).toBe(at(y, (x + SIDE / 2) % SIDE, 0));
      }
  });

  it('folds along the axes of a turned square', () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i);
    const [byRows, byColumns] = foldedView(values, 4, 6, false);
    expect([...byRows]).toEqual([...values.subarray(12), ...values.subarray(0, 12)]);
    expect([...byColumns.subarray(0, 6)]).toEqual([3, 4, 5, 0, 1, 2]);
    expect(foldedView(values, 4, 6, true)).toEqual([byColumns, byRows]);
  });

  it('refuses what cannot be learnt', () => {
    expect(() => artifactObjective('ghost', 1000)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    const all = corpus().map((one) => ({ ...one, roles: new Uint8Array(SLICES) }));
    expect(() => artifactBatches(all, artifactObjective('ghost', null), SETTINGS)).toThrow(
      expect.objectContaining({ code: 'E_TOO_FEW' }),
    );
  });
});
