import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { magnitudeTissue } from '../../src-main/noise/estimate/tissue.js';
import { levelDescriptors, type RuleLevel } from '../../src-main/noise/learnt/descriptors.js';
import weights from '../../src-main/noise/learnt/magnitude-network.json' with { type: 'json' };
import {
  askNetwork,
  candidatesOf,
  certaintyOf,
  type LevelNetwork,
} from '../../src-main/noise/learnt/network.js';
import { withLearnt } from '../../src-main/noise/learnt/weighed.js';
import { SURE } from '../../src-main/noise/levels.js';
import { samplePlanes } from '../../src-main/noise/planes.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { fitLevelNetwork, type LevelRow, lossSlopes } from '../bench/level-fit.js';
import { volumeOf } from '../imaging/support.js';
import { drawnHead } from '../support/drawn-head.js';

/** The drawn head, scaled, with its noise. */
function scan(sigma: number, times = 1, correlation = 0, seed = 1): Volume {
  const noisy = simulateNoise(drawnHead(), { kind: 'rician', sigma, correlation, seed });
  return { ...noisy, data: noisy.data.map((value) => times * value), quantum: 0 };
}

/** Rules that found nothing. */
const NONE: RuleLevel = {
  sigma: 0,
  air: null,
  tissue: null,
  details: null,
  dark: null,
  certainty: 0,
  structured: 0,
  variation: null,
};

function described(volume: Volume) {
  const planes = samplePlanes(volume);
  const found = levelDescriptors(planes, { ...magnitudeTissue(planes), signed: false }, NONE);
  if (found === null) throw new Error('nothing described');
  return found;
}

describe('what describes the noise of an image', () => {
  it('does not depend on its units', () => {
    const [one, other] = [described(scan(8)), described(scan(8, 4))];
    expect(other.reference / one.reference).toBeCloseTo(4, 4);
    for (const [i, value] of one.values.entries()) expect(other.values[i]).toBeCloseTo(value, 3);
  });

  it('hardly depends on what a single block holds', () => {
    const plain = scan(8, 1, 1.2);
    const one = described(plain);
    const { columns, rows } = plain;
    for (const [x, y] of [
      [columns / 2, rows / 2],
      [0.4 * columns, 0.6 * rows],
      [0.6 * columns, 0.4 * rows],
    ].map(([a, b]) => [4 * Math.round(a / 4), 4 * Math.round(b / 4)])) {
      const data = plain.data.slice();
      // a wave that only coefficients of one parity see, so that the block is chosen as it was
      for (let i = 0; i < 64; i++)
        data[(y + (i >> 3)) * columns + x + (i % 8)] += 80 * Math.cos((Math.PI * ((i % 8) + 0.5) * 3) / 8);
      const other = described({ ...plain, data });
      expect(Math.abs(Math.log(other.reference / one.reference))).toBeLessThan(0.03);
    }
  });

  it('is as much as the network asks for', () => {
    expect(described(scan(8)).values).toHaveLength(weights.mean.length);
    expect(weights.scale).toHaveLength(weights.mean.length);
  });

  it('is nothing where there is no tissue for blocks', () => {
    const { data, ...rest } = scan(8);
    const tiny = { ...rest, data: data.slice(0, 20 * 20), columns: 20, rows: 20, slices: 1 };
    const planes = samplePlanes(tiny);
    expect(levelDescriptors(planes, { ...magnitudeTissue(planes), signed: false }, NONE)).toBeNull();
  });
});

describe('the level by the network', () => {
  it.each([
    [4, 0],
    [8, 0],
    [16, 0],
    [8, 1.6],
  ])('is within 15 %% for %s, correlation %s', (sigma, correlation) => {
    const found = estimateNoise(scan(sigma, 1, correlation), { modality: 'MR' });
    expect(Math.abs((found.methods.learnt ?? 0) / sigma - 1)).toBeLessThan(0.15);
    expect(found.certain).toBe(true);
  });

  it('changes little where the image does', () => {
    const one = estimateNoise(scan(8), { modality: 'MR' });
    for (const sigma of [8.1, 8.3]) {
      const other = estimateNoise(scan(sigma), { modality: 'MR' });
      expect(other.sigma / one.sigma).toBeGreaterThan(0.97);
      expect(other.sigma / one.sigma).toBeLessThan(1.08);
      expect(Math.abs(other.certainty - one.certainty)).toBeLessThan(0.1);
    }
  });

  it('counts for nothing in images of another kind than it learnt from', () => {
    const network: LevelNetwork = weights;
    const usual = askNetwork(network, Float64Array.from(network.mean), [0, null]);
    expect(usual.strange).toBe(0);
    const far = network.mean.map((value, i) => value + 6 * network.scale[i]);
    expect(askNetwork(network, Float64Array.from(far), [0, null]).strange).toBe(1);
  });
});

describe('the level of values with a sign', () => {
  /** A disc of water with rods in air, alike in all slices, as phantoms of CT are. */
  function phantom(): Volume {
    const side = 128;
    const data = Float32Array.from({ length: 4 * side * side }, (_, i) => {
      const [x, y] = [(i % side) - 64, (Math.floor(i / side) % side) - 64];
      if (Math.hypot(x, y) > 55) return -1000;
      const rod = [0, 1, 2, 3].find((k) => Math.hypot(x - 30 * Math.cos(k), y - 30 * Math.sin(k)) < 7);
      return rod === undefined ? 20 : [120, -90, 300, 60][rod];
    });
    return { ...volumeOf(data, [side, side, 4]), units: 'HU', signed: true };
  }

  it.each([
    [5, 0],
    [15, 2],
    [30, 3],
  ])('is within 15 %% for %s HU, over %s pixels', (sigma, correlation) => {
    const noisy = simulateNoise(phantom(), {
      kind: 'gaussian',
      sigma,
      correlation: [correlation, correlation, 0],
      seed: 2,
    });
    for (const hint of [{ modality: 'CT' }, {}]) {
      const found = estimateNoise(noisy, hint);
      expect(found.methods.learnt).not.toBeNull();
      expect(Math.abs(found.sigma / sigma - 1)).toBeLessThan(0.15);
    }
  });

  it('depends on no unit', () => {
    const noisy = simulateNoise(phantom(), { kind: 'gaussian', sigma: 15, correlation: 2, seed: 2 });
    // neither is in Hounsfield units, which are known by their air
    const times = (factor: number): Volume =>
      withData(
        noisy,
        noisy.data.map((value) => factor * value),
      );
    expect(estimateNoise(times(6)).sigma / estimateNoise(times(2)).sigma).toBeCloseTo(3, 3);
  });
});

describe('rules and network together', () => {
  const rules: RuleLevel = { ...NONE, sigma: 8, air: 8, certainty: 1 };
  const learnt = { sigma: 12, certainty: 0.9, strange: 0 };

  it('are the network, but for the faintest and the strange', () => {
    expect(withLearnt(rules, learnt, 100)).toEqual({ sigma: 12, certainty: 0.9 });
    expect(withLearnt(rules, null, 100)).toBe(rules);
    expect(withLearnt(rules, { ...learnt, strange: 1 }, 100)).toEqual({ sigma: 8, certainty: 1 });
    expect(withLearnt(rules, learnt, 3000)).toEqual({ sigma: 8, certainty: 1 });
    expect(withLearnt(rules, learnt, null)).toEqual({ sigma: 12, certainty: 0.9 });
  });

  it('know nothing of what shows structure alone, unless the network is sure, and are not certain of a part', () => {
    const structure: RuleLevel = { ...NONE, structured: 1 };
    expect(withLearnt(structure, { ...learnt, certainty: 0.45 }, 100)).toEqual({ sigma: 0, certainty: 0 });
    expect(withLearnt(structure, learnt, 100)).toEqual({ sigma: 12, certainty: 0.9 });
    for (let certainty = 0.5; certainty < 0.75; certainty += 0.01) {
      const told = withLearnt(structure, { ...learnt, certainty }, 100);
      if (told.certainty >= SURE) expect(told.sigma / 12).toBeGreaterThan(0.7);
    }
  });
});

describe('teaching the network', () => {
  /** Logarithms that follow from the first value, within noise that follows from the second. */
  function rows(count: number, seed: number): LevelRow[] {
    const at = (i: number): number => Math.sin(12.9898 * (i + seed)) * 2;
    return Array.from({ length: count }, (_, i) => {
      const values = [at(3 * i), Math.abs(at(3 * i + 1)), at(3 * i + 2)];
      // what a rule finds is right where the third value is high, and far off elsewhere
      const log = 0.4 * values[0] + 0.2 * values[1] * at(7 * i + 5);
      return { seed: i, log, values, found: [values[2] > 0 ? log : i % 2 === 0 ? null : log + 1] };
    });
  }

  const network = fitLevelNetwork(rows(300, 1));

  it('finds the level, and how far it may be off', () => {
    const ask = (a: number, b: number, c: number, rule: number | null) =>
      askNetwork(network, Float64Array.of(a, b, c), [rule]);
    expect(ask(1, 0.1, -1, null).log).toBeGreaterThan(0.15);
    expect(ask(1, 0.1, -1, null).log).toBeLessThan(0.5);
    expect(ask(-1, 0.1, -1, null).log).toBeLessThan(-0.15);
    const [wide, narrow] = [ask(0, 1.8, -1, null), ask(0, 0.1, -1, null)].map((one) => certaintyOf(one, 0.1));
    expect(narrow).toBeGreaterThan(2 * wide);
  });

  it('takes what rules found where these are right', () => {
    const ask = (c: number) => askNetwork(network, Float64Array.of(0, 1.8, c), [0.3]);
    expect(Math.abs(ask(1.5).log - 0.3)).toBeLessThan(0.05);
    expect(certaintyOf(ask(1.5), 0.1)).toBeGreaterThan(0.9);
    expect(Math.abs(ask(-1.5).log - 0.3)).toBeGreaterThan(0.15);
  });

  it('follows the slope of the likelihood', () => {
    const outputs = Float64Array.of(0.2, 0.3, -0.5, 0.1, 0.4, -0.2, 0.6);
    const row = { log: 0.35, found: [0.5, -0.4] };
    const loss = (values: Float64Array): number =>
      -Math.log(
        candidatesOf(values, row.found).reduce(
          (sum, { log, spread, weight }) =>
            sum + (weight / spread) * Math.exp(-Math.abs(row.log - log) / spread),
          0,
        ),
      );
    for (const [i, slope] of lossSlopes(outputs, row).entries()) {
      const moved = (by: number) => loss(outputs.map((value, j) => (j === i ? value + by : value)));
      expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    }
  });

  it('gives the same network for the same rows', () => {
    const few = rows(80, 2);
    expect(fitLevelNetwork(few)).toEqual(fitLevelNetwork(few));
  });
});
