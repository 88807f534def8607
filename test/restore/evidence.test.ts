import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { wholePlace } from '../../src-main/imaging/box.js';
import { bestShare, judge, makeTrial, type Trial } from '../../src-main/restore/evidence.js';
import { volumeOf } from '../imaging/support.js';

const SIDE = 96;
const LENGTH = SIDE * SIDE * 3;
/** Variance of the noise that recorruption by a half leaves in what answers are judged against. */
const UNAVOIDABLE = 5;
const SCALE = Math.sqrt(1.25);

/** Blobs that hang together over some pixels, of about this root mean square. */
function pattern(seed: number, size: number): Float32Array {
  const random = new Random(seed);
  const [a, b, c, d] = Array.from({ length: 4 }, () => 6 * random.uniform());
  return Float32Array.from(
    { length: LENGTH },
    (_, i) => 2 * size * Math.sin((i % SIDE) / 3 + a + c) * Math.sin(Math.floor(i / SIDE) / 4 + b + d),
  );
}

function trialOf(clean: Float32Array): Trial {
  const random = new Random(3);
  const input = volumeOf(new Float32Array(LENGTH), [SIDE, SIDE, 3]);
  return {
    input,
    noise: {
      sigma: 1,
      map: null,
      distribution: 'gaussian',
      correlation: { x: 0, y: 0, z: 0 },
      airMasked: false,
      certain: true,
    },
    place: wholePlace(input),
    conditions: { level: 1, mean: 0, correlationX: 0, correlationY: 0, context: 1 },
    target: clean.map((value) => SCALE * value + Math.sqrt(UNAVOIDABLE) * random.normal()),
    judged: new Uint8Array(LENGTH).fill(1),
    scale: SCALE,
    unavoidable: UNAVOIDABLE,
  };
}

const plus = (a: Float32Array, b: Float32Array, factor = 1) => a.map((value, i) => value + factor * b[i]);

describe('what a trial tells of two answers', () => {
  const clean = pattern(1, 3);
  const trial = trialOf(clean);
  const [error, loss] = [pattern(2, 0.4), pattern(7, 0.4)];

  it('takes as much of the other as brings it nearest to the truth', () => {
    const refined = plus(clean, loss);
    // of one answer that lost what the other kept, all; of errors as large that have nothing in common, a half
    expect(bestShare(trial, refined, plus(clean, loss, 0.02))).toBeGreaterThan(0.85);
    const share = bestShare(trial, refined, plus(clean, error));
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.6);
    const blended = refined.map((value, i) => value + share * (clean[i] + error[i] - value));
    expect(judge(trial, blended).error).toBeLessThan(judge(trial, refined).error);
  });

  it('takes nothing of what is worse, or only differs by chance', () => {
    expect(bestShare(trial, clean, plus(clean, loss))).toBe(0);
    expect(bestShare(trial, plus(clean, loss, 0.2), plus(clean, loss))).toBe(0);
    expect(bestShare(trial, clean, clean)).toBe(0);
  });

  it('goes by degrees: of neighbours about as much is taken', () => {
    const refined = plus(clean, loss);
    const shares = Array.from({ length: 21 }, (_, k) =>
      bestShare(trial, refined, plus(plus(clean, error, 1.5 - k / 20), loss, k / 20)),
    );
    const steps = shares.slice(1).map((share, k) => Math.abs(share - shares[k]));
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.05);
    expect(Math.max(...steps)).toBeLessThan(0.1);
  });
});

describe('the noise of a trial', () => {
  it('has the spectrum of that of the series, which denoisers are told', () => {
    const along = [1, 0.5, 0.1, -0.2];
    const volume = volumeOf(new Float32Array(LENGTH).fill(1000), [SIDE, SIDE, 3]);
    const trial = makeTrial({
      volume,
      noise: {
        sigma: 10,
        map: null,
        distribution: 'gaussian',
        correlation: { x: 0.5, y: 0.5, z: 0 },
        lags: along.flatMap((y) => along.map((x) => x * y)),
        airMasked: false,
        certain: true,
      },
      only2d: true,
      place: wholePlace(volume),
      foreground: new Uint8Array(LENGTH).fill(1),
      kind: 'recorrupted',
      random: new Random(4),
    });
    const drawn = trial.target.map((value) => value - 100);
    const energy = drawn.reduce((sum, value) => sum + value * value, 0);
    const far = (distance: number): number =>
      drawn.reduce(
        (sum, value, i) => sum + (i % SIDE < SIDE - distance ? value * drawn[i + distance] : 0),
        0,
      ) / energy;
    expect(far(1)).toBeCloseTo(0.5, 1);
    expect(far(3)).toBeLessThan(-0.13);
    expect(trial.noise.lags).toHaveLength(16);
    expect(trial.noise.correlation.x).toBe(0.5);
  });
});
