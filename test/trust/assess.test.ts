import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import type { NoiseEstimate } from '../../src-main/noise/noise-estimate.js';
import { simulateNoise } from '../../src-main/noise/simulate.js';
import { readGeneral } from '../../src-main/store/general.js';
import { assess, type Trusted } from '../../src-main/trust/assess.js';
import { changePsnr } from '../../src-main/trust/clean.js';
import { familiarity, trainingStatistics, describe as vectorsOf } from '../../src-main/trust/familiarity.js';
import type { DenoiseFunction } from '../../src-main/trust/part.js';
import { dctDenoised } from './denoisers.js';
import { blur, CH2, ch2Missing, readSlices, withNoise } from './volumes.js';

const SIGMA = 0.03 * 255;

describe.skipIf(ch2Missing)('the trust report of a T1 brain with 3 % Rician noise', () => {
  const clean = ch2Missing ? null : readSlices(CH2, 40, 43);
  const brain = () => {
    if (clean === null) throw new Error('skipped');
    return clean;
  };
  const noisyBrain = () => withNoise(brain(), SIGMA, 'rician', 11);
  const dct =
    (sigma: number): DenoiseFunction =>
    async (volume) =>
      dctDenoised(volume, sigma);

  async function judged(
    before: Volume,
    denoise: DenoiseFunction,
    change: Partial<NoiseEstimate> = {},
    more: { uncertainty?: boolean } = {},
  ): Promise<Trusted> {
    const noise = { ...estimateNoise(before, { modality: 'MR' }), map: null, ...change };
    return assess({
      before,
      after: await denoise(before),
      noise,
      denoise,
      context: 0,
      strength: 1,
      seed: 1,
      training: null,
      uncertainty: more.uncertainty === true,
    });
  }
  const testsOf = ({ report }: Trusted) =>
    report.reasons.filter(({ verdict }) => verdict !== 'note').map(({ test }) => test);

  it('passes an honest denoiser, and says what it keeps', async () => {
    const found = await judged(noisyBrain(), dct(SIGMA));
    console.info(
      `DCT: ${found.report.retention?.visible.mean?.toFixed(0)} % of ${found.report.retention?.visible.count} visible lesions, again ${found.report.again?.changeOverSigma?.toFixed(2)}`,
    );
    expect(testsOf(found)).toEqual([]);
    expect(found.report.verdict).toBe('pass');
    expect(found.share).toBe(1);
    expect(found.report.retention?.rows).toHaveLength(12);
    expect(found.report.level?.measuredOverSigma).toBeCloseTo(1, 0);
  });

  it('never passes a result that lacks a small thing of the source, and says where', async () => {
    const noisy = noisyBrain();
    const at = 1 * noisy.columns * noisy.rows + 110 * noisy.columns + 90;
    const erased = withData(
      noisy,
      noisy.data.map((value, i) => {
        const [x, y] = [i % noisy.columns, Math.floor(i / noisy.columns) % noisy.rows];
        const slice = Math.floor(i / (noisy.columns * noisy.rows));
        const spot = slice === 1 ? Math.exp(-((x - 90) ** 2 + (y - 110) ** 2) / (2 * 1.4 ** 2)) : 0;
        return value - 6 * SIGMA * spot;
      }),
    );
    expect(erased.data[at]).toBeLessThan(noisy.data[at]);
    const found = await judged(erased, async () => dctDenoised(noisy, SIGMA));
    expect(found.report.verdict).not.toBe('pass');
    expect(testsOf(found)).toContain('places');
    const [place] = found.report.places?.places ?? [];
    expect(place).toMatchObject({ slice: 2, change: 'brighter' });
    expect(Math.hypot(place.column - 90, place.row - 110)).toBeLessThan(3);
  });

  it('has no place along air that was set to one value, nor along a face that was cut off', async () => {
    const isCut = (i: number): boolean => {
      const { columns, rows, data } = brain();
      return data[i] < 20 || Math.floor(i / columns) % rows < 70;
    };
    const noisy = noisyBrain();
    const before = withData(
      noisy,
      noisy.data.map((value, i) => (isCut(i) ? 0 : value)),
    );
    const after = withData(
      noisy,
      brain().data.map((value, i) => (isCut(i) ? 0 : value)),
    );
    const found = await judged(before, async () => after, { sigma: SIGMA, airMasked: true });
    expect(found.report.places?.count).toBe(0);
  });

  it('never passes where two methods differ by a factor of three, whatever was warned of', async () => {
    const methods = {
      background: SIGMA,
      wavelet: null,
      spectrum: 3.2 * SIGMA,
      guided: null,
      learnt: null,
      repeats: null,
      training: null,
      told: null,
    };
    const found = await judged(noisyBrain(), dct(SIGMA), { methods, warnings: [], certain: true });
    expect(found.report.verdict).not.toBe('pass');
    expect(found.residual.reasons).toContainEqual(
      expect.objectContaining({ measure: 'sigma', message: expect.stringContaining('factor of 3.2') }),
    );
  });

  it('flags over-smoothing and takes back what fails', async () => {
    const noisy = noisyBrain();
    const found = await judged(noisy, async (volume) => blur(volume, 1.5));
    expect(testsOf(found)).toContain('retention');
    expect(found.report.reasons[0].verdict).toBe('fail');
    expect(found.report.blend?.why).toBe('fail');
    expect(found.report.verdict).toBe('warn');
    expect(found.share).toBeLessThan(1);
    const smooth = blur(noisy, 1.5).data;
    const at = smooth.findIndex((value, i) => Math.abs(value - noisy.data[i]) > SIGMA);
    expect(found.volume.data[at]).toBeCloseTo(
      noisy.data[at] + found.share * (smooth[at] - noisy.data[at]),
      3,
    );
    // What is told of places is told of what was written, in the sentence as in the list.
    const told = found.report.reasons.find(({ test }) => test === 'places');
    expect(found.report.places?.count).toBeGreaterThan(0);
    expect(told?.value).toBe(found.report.places?.count);
  });

  it('takes back a little of what fails by a little', async () => {
    const noisy = noisyBrain();
    const shares: number[] = [];
    for (const times of [1.8, 1.85, 1.9, 1.95, 2])
      shares.push((await judged(noisy, dct(times * SIGMA))).share);
    expect(shares[0]).toBe(1);
    expect(shares[4]).toBeLessThan(0.95);
    for (const [k, share] of shares.slice(1).entries()) {
      expect(share).toBeLessThanOrEqual(shares[k]);
      expect(share).toBeGreaterThan(shares[k] - 0.12);
    }
  });

  it('flags a model that makes structure up', async () => {
    const found = await judged(noisyBrain(), async (volume) => {
      const { data } = dctDenoised(volume, SIGMA);
      return withData(
        volume,
        data.map((value, i) => {
          const [x, y] = [i % volume.columns, Math.floor(i / volume.columns) % volume.rows];
          return value > 40 ? value + 2 * SIGMA * Math.sin(0.9 * x) * Math.sin(0.7 * y) : value;
        }),
      );
    });
    expect(found.report.reasons[0].verdict).toBe('fail');
    expect(found.report.blend?.why).toBe('fail');
  });

  it.each([0.5, 2])('flags a level that is wrong by %f', async (factor) => {
    const sigma = factor * SIGMA;
    const found = await judged(noisyBrain(), dct(sigma), { sigma });
    expect(testsOf(found)).toContain('level');
    expect(found.report.level?.measuredOverSigma).toBeCloseTo(1 / factor, 0);
  });

  it('flags correlated noise that was taken for white', async () => {
    const noisy = simulateNoise(brain(), { kind: 'rician', sigma: SIGMA, correlation: 2, seed: 3 });
    const white = { sigma: SIGMA, correlated: false, correlation: { x: 0, y: 0, z: 0 } };
    expect(testsOf(await judged(noisy, dct(SIGMA), white))).toContain('correlation');
  });

  it('takes what hangs together for texture where repeats saw white noise', async () => {
    const textured = simulateNoise(brain(), { kind: 'rician', sigma: SIGMA, correlation: 2, seed: 3 });
    const { methods } = estimateNoise(textured, { modality: 'MR' });
    const byRepeats = { sigma: SIGMA, correlated: false, correlation: { x: 0, y: 0, z: 0 } };
    const found = await judged(textured, dct(SIGMA), {
      ...byRepeats,
      methods: { ...methods, repeats: SIGMA },
    });
    expect(testsOf(found)).not.toContain('correlation');
  });

  it('notes correlated noise that was known', async () => {
    const noisy = simulateNoise(brain(), { kind: 'rician', sigma: SIGMA, correlation: 2, seed: 3 });
    const { report } = await judged(noisy, dct(SIGMA));
    expect(report.reasons).toContainEqual(expect.objectContaining({ test: 'correlation', verdict: 'note' }));
  });

  it.each(['denoised before', 'clean'])(
    'recognises an input that is %s, and hardly changes it',
    async (kind) => {
      const before = kind === 'clean' ? brain() : dctDenoised(noisyBrain(), SIGMA);
      const found = await judged(before, async (volume) => blur(volume, 1.5));
      expect(testsOf(found)).toContain('clean');
      expect(found.report.blend?.why).toBe('clean');
      const everywhere = new Uint8Array(before.data.length).fill(1);
      expect(changePsnr(before, found.volume, everywhere)).toBeGreaterThan(50);
    },
  );

  it('does not take a noisy input for a clean one', async () => {
    for (const level of [1, 3, 9]) {
      const noisy = withNoise(brain(), level * 2.55, 'rician', 5);
      const { report } = await judged(noisy, async (volume) => volume);
      expect(report.clean.recognised).toBe(false);
    }
  });

  it('measures against repeats whether the result is nearer to the truth', async () => {
    const frames = [1, 2, 3, 4].map((seed) => withNoise(brain(), SIGMA, 'rician', seed).data);
    const data = new Float32Array(4 * brain().data.length);
    for (const [i, frame] of frames.entries()) data.set(frame, i * frame.length);
    const repeats = { ...brain(), frames: 4, data };
    const good = await judged(repeats, dct(SIGMA));
    const after = dctDenoised(repeats, SIGMA).data;
    const truth = brain().data;
    let error = 0;
    let count = 0;
    for (let i = 0; i < after.length; i++)
      if (truth[i % truth.length] > 40) {
        error += ((after[i] - truth[i % truth.length]) / SIGMA) ** 2;
        count++;
      }
    console.info(`uMSE ${good.report.umse?.output.toFixed(3)}, true ${(error / count).toFixed(3)} sigma^2`);
    expect(good.report.umse?.output).toBeCloseTo(error / count, 1);
    expect(good.report.umse?.input).toBeCloseTo(1, 1);
    const bad = await judged(repeats, async (volume) => blur(volume, 3));
    expect(testsOf(bad)).toContain('umse');
    expect((await judged(noisyBrain(), dct(SIGMA))).report.umse).toBeNull();
  });

  it('tells a CT from the MR series that a model was trained on', () => {
    const training = [1, 3, 9].flatMap((level) => {
      const noisy = withNoise(brain(), level * 2.55, 'rician', 2);
      return vectorsOf(noisy, estimateNoise(noisy, { modality: 'MR' }));
    });
    const statistics = trainingStatistics(training);
    if (statistics === null) throw new Error('nothing was described');
    const other = withNoise(readSlices(CH2, 100, 103), 0.05 * 255, 'rician', 7);
    const like = familiarity(other, estimateNoise(other, { modality: 'MR' }), statistics);
    // the same head as a CT would show it: air at -1000 HU, tissue within 100 HU, bone above, Gaussian noise
    const hounsfield = withData(
      brain(),
      brain().data.map((value) => (value < 20 ? -1000 : value > 180 ? 1200 : (value - 90) / 2)),
    );
    const ct = { ...withNoise(hounsfield, 6, 'gaussian', 3), units: 'HU' };
    const unlike = familiarity(ct, estimateNoise(ct, { modality: 'CT' }), statistics);
    console.info(`familiarity: MR ${like?.distance.toFixed(2)}, CT ${unlike?.distance.toFixed(2)}`);
    expect(like?.distance).toBeLessThan(1.5);
    expect(unlike?.distance).toBeGreaterThan(unlike?.limit ?? 0);
  });

  it('tells noise alone and print from what the shipped network was trained on, and no brain', async () => {
    const { general } = await readGeneral();
    const { statistics } = general;
    if (statistics === undefined) throw new Error('the card of the shipped network has no statistics');
    const distance = (volume: Volume, modality: string) =>
      familiarity(volume, estimateNoise(volume, { modality }), statistics)?.distance;
    for (const level of [1, 5, 9])
      expect(distance(withNoise(brain(), level * 2.55, 'rician', 2), 'MR')).toBeLessThan(statistics.limit);
    const nothing = withData(
      brain(),
      brain().data.map(() => 0),
    );
    expect(distance(withNoise(nothing, 10, 'rician', 3), 'MR')).toBeGreaterThan(statistics.limit);
    const print = withData(
      nothing,
      nothing.data.map((_, i) => {
        const [x, y] = [i % brain().columns, Math.floor(i / brain().columns) % brain().rows];
        const stroke = (x * 7 + Math.floor(y / 14) * 5) % 11 < 3 || y % 14 === 4;
        return stroke && y % 14 < 9 && x % 9 < 7 ? 200 : 0;
      }),
    );
    expect(distance(withNoise(print, 6, 'rician', 4), 'MR')).toBeGreaterThan(statistics.limit);
  });

  it('gives the same report for the same seed, and works without a denoiser to ask', async () => {
    const noisy = noisyBrain();
    const [first, second] = [await judged(noisy, dct(SIGMA)), await judged(noisy, dct(SIGMA))];
    expect(second.report).toEqual(first.report);
    const alone = await assess({
      before: noisy,
      after: dctDenoised(noisy, SIGMA),
      noise: estimateNoise(noisy, { modality: 'MR' }),
      denoise: null,
      context: 0,
      strength: 1,
      seed: 1,
      training: null,
      uncertainty: false,
    });
    expect(alone.report.retention).toBeNull();
    expect(alone.report.verdict).toBe('pass');
    expect(JSON.stringify(first.report)).not.toMatch(/NaN|Infinity/);
  });
});
