import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../../src-main/imaging/volume.js';
import { estimateNoise } from '../../../src-main/noise/estimate/estimate.js';
import type { NoiseEstimate } from '../../../src-main/noise/noise-estimate.js';
import { assess, assessSignal, type Trusted } from '../../../src-main/trust/assess.js';
import { drawnHead } from '../../support/drawn-head.js';
import { dctDenoised } from '../denoisers.js';
import { blur, withNoise } from '../volumes.js';

const SIGMA = 12;
const head = withoutEnds(drawnHead());
/** The same head in Hounsfield units: air at -1000, tissue from 0 to 100, bone above. */
const hounsfield: Volume = {
  ...withData(
    head,
    head.data.map((value) => (value < 10 ? -1000 : value < 25 ? 900 : value / 2)),
  ),
  units: 'HU',
};
const SERIES = {
  'magnitudes of MR': { before: withNoise(head, SIGMA, 'rician', 3), modality: 'MR', air: 0 },
  'Hounsfield units': { before: withNoise(hounsfield, SIGMA, 'gaussian', 4), modality: 'CT', air: -1000 },
} as const;

function withoutEnds({ data, columns, rows, ...rest }: Volume): Volume {
  const area = columns * rows;
  return { ...rest, columns, rows, slices: 4, data: data.slice(8 * area, 12 * area) };
}

function judged(
  before: Volume,
  after: Volume,
  modality: string,
  change: Partial<NoiseEstimate> = {},
): Promise<Trusted> {
  const noise = { ...estimateNoise(before, { modality }), ...change };
  const rest = { context: 0, strength: 1, seed: 1, training: null, uncertainty: false };
  return assess({ before, after, noise, denoise: null, ...rest });
}

const FAULTS: Readonly<Record<string, (volume: Volume) => Float32Array>> = {
  'nothing but zeros': ({ data }) => new Float32Array(data.length),
  'one value': ({ data }) => new Float32Array(data.length).fill(137),
  'no numbers': ({ data }) => new Float32Array(data.length).fill(Number.NaN),
  'some voxels that are no numbers': ({ data }) =>
    data.map((value, i) => (i % 5000 === 7 ? Number.POSITIVE_INFINITY : value)),
  'the image inverted': ({ data }) => data.map((value) => 250 - value),
  'the image three times as bright': ({ data }) => data.map((value) => 3 * value),
  'a hundredth of the image': ({ data }) => data.map((value) => value / 100),
  'the image moved by six pixels': ({ data }) => data.map((_, i) => data[Math.min(data.length - 1, i + 6)]),
  'a blur without detail': (volume) => blur(volume, 25).data,
};

describe.each(Object.entries(SERIES))('of %s', (_, { before, modality, air }) => {
  it.each(Object.entries(FAULTS))(
    '%s is a failure, of which nothing harmful is written',
    async (_, fault) => {
      const after = withData(before, fault(before));
      const { report, volume, share } = await judged(before, after, modality);
      expect(report.reasons[0].verdict).toBe('fail');
      expect(report.verdict).not.toBe('pass');
      expect(share).toBeLessThan(1);
      expect(volume.data.every(Number.isFinite)).toBe(true);
      const { reasons } = (await judged(before, volume, modality)).report;
      expect(reasons.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
      expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
    },
  );

  it.each(['nothing but zeros', 'one value', 'no numbers', 'the image inverted'])(
    '%s: the source is written, and the verdict is fail',
    async (name) => {
      const after = withData(before, FAULTS[name](before));
      const { report, volume, share } = await judged(before, after, modality);
      expect(share).toBe(0);
      expect(report.verdict).toBe('fail');
      expect(volume.data).toEqual(before.data);
      expect(report.reasons.map(({ test }) => test)).toContain('signal');
      // Also where something else than noise was to go, or no noise was measured.
      expect(assessSignal(before, after)?.report.verdict).toBe('fail');
    },
  );

  it('an honest result has lost nothing', async () => {
    const { report } = await judged(before, dctDenoised(before, SIGMA), modality);
    expect(report.reasons.filter(({ test }) => test === 'signal')).toEqual([]);
    expect(report.signal.left).toBeGreaterThan(0.95);
    expect(report.signal.changeOverSigma).toBeLessThan(1.3);
    expect(assessSignal(before, dctDenoised(before, SIGMA))).toBeNull();
  });

  it('noise alone, taken away, is no image lost', async () => {
    const nothing = withData(
      before,
      before.data.map(() => air),
    );
    const noise = withNoise(nothing, SIGMA, modality === 'MR' ? 'rician' : 'gaussian', 5);
    const { report } = await judged(noise, dctDenoised(noise, SIGMA), modality);
    expect(report.reasons.filter(({ test }) => test === 'signal')).toEqual([]);
  });
});

describe('a level that was given', () => {
  const { before, modality } = SERIES['magnitudes of MR'];
  const { methods } = estimateNoise(before, { modality });
  const told = (level: number) => ({ sigma: level, methods: { ...methods, told: level } });

  it.each([3, 10, 33, 1e7])('%d times too high, which erases the image, is a failure', async (times) => {
    const nothing = withData(before, new Float32Array(before.data.length));
    const { report, share } = await judged(before, nothing, modality, told(times * SIGMA));
    expect(report.verdict).toBe('fail');
    expect(share).toBe(0);
    expect(report.reasons[0].test).toBe('signal');
  });

  it.each([5, 10, 20])(
    '%d times too high, which blurs the image, changes it by little more than noise',
    async (times) => {
      const blurred = dctDenoised(before, times * SIGMA);
      const { report, volume } = await judged(before, blurred, modality, told(times * SIGMA));
      const squares = volume.data.map((value, i) => (value - before.data[i]) ** 2);
      expect(report.verdict).not.toBe('pass');
      expect(Math.sqrt(squares.reduce((sum, one) => sum + one, 0) / squares.length)).toBeLessThan(2 * SIGMA);
    },
  );

  it('too high where the images show none, likewise', async () => {
    const unseen = {
      background: null,
      wavelet: null,
      spectrum: null,
      guided: null,
      learnt: null,
      repeats: null,
    };
    const level = 1e7;
    const { report } = await judged(
      before,
      withData(before, new Float32Array(before.data.length)),
      modality,
      {
        sigma: level,
        methods: { ...unseen, training: null, told: level },
      },
    );
    expect(report.verdict).toBe('fail');
  });

  it('that is right of noise alone is believed: no image is lost', async () => {
    const nothing = withData(before, new Float32Array(before.data.length));
    const noise = withNoise(nothing, SIGMA, 'rician', 5);
    const { report } = await judged(noise, dctDenoised(noise, SIGMA), modality, told(SIGMA));
    expect(report.reasons.filter(({ test }) => test === 'signal')).toEqual([]);
  });
});

describe('an alarm about the level of the noise', () => {
  const { before, modality } = SERIES['magnitudes of MR'];
  const alarm = {
    code: 'W_NOISE_DISAGREE',
    message: 'The estimates of the noise level differ by a factor of 7.3.',
    remedy: '',
  } as const;

  it('never stands beside pass', async () => {
    const after = dctDenoised(before, SIGMA);
    const calm = await judged(before, after, modality, { warnings: [], certain: true });
    const alarmed = await judged(before, after, modality, { warnings: [alarm], certain: true });
    expect(calm.residual.reasons).toEqual([]);
    expect(alarmed.report.verdict).not.toBe('pass');
    expect(alarmed.residual.verdict).not.toBe('pass');
    expect(alarmed.residual.reasons.at(-1)?.message).toContain('differ by a factor of 7.3');
  });
});
