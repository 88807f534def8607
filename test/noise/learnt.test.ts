import { describe, expect, it } from 'vitest';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate.js';
import { levelDescriptors } from '../../src-main/noise/learnt/descriptors.js';
import weights from '../../src-main/noise/learnt/level-network.json' with { type: 'json' };
import { askNetwork, type LevelNetwork } from '../../src-main/noise/learnt/network.js';
import { samplePlanes } from '../../src-main/noise/planes.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { magnitudeTissue } from '../../src-main/noise/tissue.js';
import { fitLevelNetwork, type LevelRow } from '../bench/level-fit.js';
import { drawnHead } from '../support/drawn-head.js';

/** The drawn head, scaled, with its noise. */
function scan(sigma: number, times = 1, correlation = 0, seed = 1): Volume {
  const noisy = simulateNoise(drawnHead(), { kind: 'rician', sigma, correlation, seed });
  return { ...noisy, data: noisy.data.map((value) => times * value), quantum: 0 };
}

function described(volume: Volume) {
  const planes = samplePlanes(volume);
  const { level, hasAir, air } = magnitudeTissue(planes);
  const found = levelDescriptors(planes, level, hasAir, air);
  if (found === null) throw new Error('nothing described');
  return found;
}

describe('what describes the noise of an image', () => {
  it('does not depend on its units', () => {
    const [one, other] = [described(scan(8)), described(scan(8, 4))];
    expect(other.reference / one.reference).toBeCloseTo(4, 4);
    for (const [i, value] of one.values.entries()) expect(other.values[i]).toBeCloseTo(value, 3);
  });

  it('is as much as the network asks for', () => {
    expect(described(scan(8)).values).toHaveLength(weights.mean.length);
    expect(weights.scale).toHaveLength(weights.mean.length);
  });

  it('is nothing where there is no tissue for blocks', () => {
    const { data, ...rest } = scan(8);
    const tiny = { ...rest, data: data.slice(0, 20 * 20), columns: 20, rows: 20, slices: 1 };
    const planes = samplePlanes(tiny);
    expect(levelDescriptors(planes, magnitudeTissue(planes).level, false, null)).toBeNull();
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
    const usual = askNetwork(network, Float64Array.from(network.mean));
    expect(usual.strange).toBe(0);
    const far = network.mean.map((value, i) => value + 6 * network.scale[i]);
    expect(askNetwork(network, Float64Array.from(far)).strange).toBe(1);
  });
});

describe('teaching the network', () => {
  /** Logarithms that follow from the first value, within noise that follows from the second. */
  function rows(count: number, seed: number): LevelRow[] {
    const at = (i: number): number => Math.sin(12.9898 * (i + seed)) * 2;
    return Array.from({ length: count }, (_, i) => {
      const values = [at(3 * i), Math.abs(at(3 * i + 1)), at(3 * i + 2)];
      return { seed: i, log: 0.4 * values[0] + 0.2 * values[1] * at(7 * i + 5), values };
    });
  }

  it('finds the level, and how far it may be off', () => {
    const network = fitLevelNetwork(rows(600, 1));
    const ask = (a: number, b: number) => askNetwork(network, Float64Array.of(a, b, 0));
    expect(ask(1, 0.1).log).toBeGreaterThan(0.3);
    expect(ask(1, 0.1).log).toBeLessThan(0.5);
    expect(ask(-1, 0.1).log).toBeLessThan(-0.3);
    expect(ask(0, 1.8).spread).toBeGreaterThan(2 * ask(0, 0.1).spread);
  });

  it('gives the same network for the same rows', () => {
    const few = rows(80, 2);
    expect(fitLevelNetwork(few)).toEqual(fitLevelNetwork(few));
  });
});
