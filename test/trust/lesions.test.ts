import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { placeProbes, withLesions } from '../../src-main/trust/lesions.js';
import { recovered, retentionReport } from '../../src-main/trust/retention.js';
import { noiseModel } from '../../src-main/trust/tests/noise-model.js';
import { blur } from './volumes.js';

const SIDE = 160;
const MODEL = noiseModel(5, 'gaussian');

const flat: Volume = {
  data: new Float32Array(SIDE * SIDE * 3).fill(200),
  columns: SIDE,
  rows: SIDE,
  slices: 3,
  frames: 1,
  spacing: [1, 1, 4],
  affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1],
  units: 'a.u.',
  measured: null,
  quantum: 0,
};
const everywhere = new Uint8Array(flat.data.length).fill(1);
const where = { tissue: everywhere, centres: everywhere };
const { lesions, lines } = placeProbes(flat, where, MODEL, 0, new Random(1));

describe('faint thin lines among the probes', () => {
  it('are 8 mm long and thin, of both signs and contrasts, and are where balls leave room', () => {
    expect(lines.length).toBe(8);
    expect(new Set(lines.map(({ sign, contrast }) => sign * contrast))).toEqual(new Set([2, 3, -2, -3]));
    const own = new Set(lesions.flatMap(({ template }) => [...template.index]));
    for (const { template } of lines) {
      const length = template.weight.reduce((sum, weight) => sum + (weight > 0.5 ? 1 : 0), 0);
      expect(length).toBeGreaterThan(7);
      expect(length).toBeLessThan(25);
      expect(template.index.some((index) => own.has(index))).toBe(false);
    }
  });

  it('tell a denoiser that keeps balls and loses lines from one that keeps both', () => {
    const inserted = withLesions(flat, [...lesions, ...lines]);
    const kept = (denoise: (volume: Volume) => Volume) => {
      const [without, withThem] = [denoise(flat), denoise(inserted)];
      return retentionReport(
        lesions,
        recovered(lesions, without, withThem, everywhere),
        recovered(lines, without, withThem, everywhere),
      );
    };
    expect(kept((volume) => volume)?.lines?.mean).toBeCloseTo(100, 3);
    const smoothed = kept((volume) => blur(volume, 1.3));
    expect(smoothed?.lines?.mean).toBeLessThan(60);
    expect(smoothed?.visible.mean).toBeGreaterThan((smoothed?.lines?.mean ?? 0) + 10);
    expect(
      retentionReport(
        lesions,
        lesions.map(() => 100),
      )?.lines,
    ).toBeNull();
  });
});
