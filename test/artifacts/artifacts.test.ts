import { describe, expect, it } from 'vitest';
import { ARTIFACTS, simulateArtifact } from '../../src-main/artifacts/artifacts.js';
import { ARTIFACT_NAMES } from '../../src-main/contract/requests/choices.js';
import { CH2, fileLacks } from '../imaging/support.js';
import { brain, distance } from './support.js';

const lacks = fileLacks(CH2, 'mricron-data');

describe('simulateArtifact', () => {
  it.skipIf(lacks !== '')('harms a real image more with each severity, the same for the same seed', () => {
    const clean = brain(90, 1);
    const { rows, columns } = clean;
    // a quarter of the size, for speed
    const small = {
      ...clean,
      rows: rows >> 1,
      columns: columns >> 1,
      data: Float32Array.from(
        { length: (rows >> 1) * (columns >> 1) },
        (_, i) => clean.data[2 * Math.floor(i / (columns >> 1)) * columns + 2 * (i % (columns >> 1))],
      ),
    };
    for (const artifact of ARTIFACT_NAMES) {
      const { usual, least } = ARTIFACTS[artifact].severity;
      const make = (severity: number, seed: number) =>
        simulateArtifact(small, { artifact, severity, seed }).data;
      const mild = distance(make(Math.max(usual / 16, 2 * least), 3), small.data);
      const full = make(usual, 3);
      expect(full, artifact).toEqual(make(usual, 3));
      // truncation is the one without chance
      if (artifact !== 'gibbs') expect(full, artifact).not.toEqual(make(usual, 4));
      expect(mild, artifact).toBeGreaterThan(0.01);
      expect(distance(full, small.data), artifact).toBeGreaterThan(1.2 * mild);
      expect(full.every(Number.isFinite), artifact).toBe(true);
    }
  });

  it('leaves padding as it is and refuses what has no meaning', () => {
    const volume = {
      data: Float32Array.from({ length: 2 * 400 }, (_, i) => (i % 400 < 20 ? -3000 : (i % 20) * 10)),
      columns: 20,
      rows: 20,
      slices: 2,
      frames: 1,
      spacing: [1, 1, 1] as const,
      affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      units: 'HU',
      measured: Uint8Array.from({ length: 800 }, (_, i) => (i % 400 < 20 ? 0 : 1)),
      quantum: 1,
    };
    const out = simulateArtifact(volume, { artifact: 'ring', severity: 5, seed: 1 });
    expect(out.data.subarray(0, 20)).toEqual(volume.data.subarray(0, 20));
    expect(distance(out.data, volume.data)).toBeGreaterThan(1);
    const bad = (change: object, severity: number) => () =>
      simulateArtifact({ ...volume, ...change }, { artifact: 'ghost', severity, seed: 1 });
    expect(bad({}, 400)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    expect(bad({}, Number.NaN)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    const holed = volume.data.slice();
    holed[100] = Number.NaN;
    expect(bad({ data: holed }, 10)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
  });
});
