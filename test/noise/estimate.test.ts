import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { gainMap, sigmaOfLevel, simulateNoise } from '../../src-main/noise/simulate.js';
import { withToldNoise } from '../../src-main/noise/told/told-noise.js';
import { noiseWarnings } from '../../src-main/noise/warnings.js';
import { isClean } from '../../src-main/trust/clean.js';
import { CH2, fileLacks, slab, volumeOf } from '../imaging/support.js';
import { PLAIN_SCANNER, type Scanner, simulateScan } from './scanner.js';

const EXAMPLE_4D = '/usr/lib/python3/dist-packages/nibabel/tests/data/example4d.nii.gz';

/** Overlapping smooth ellipsoids of several brightnesses on black, as repeats of one scan. */
function phantom(frames = 1): Volume {
  const [columns, rows, slices] = [96, 96, 8];
  const one = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const x = (i % columns) - 48;
    const y = (Math.floor(i / columns) % rows) - 48;
    const head = Math.hypot(x / 34, y / 40) < 1 ? 500 : 0;
    const core = Math.hypot((x - 5) / 14, (y + 6) / 18) < 1 ? 300 : 0;
    return head === 0 ? 0 : head + core + 60 * Math.sin(x / 9) * Math.cos(y / 11);
  });
  const data = new Float32Array(one.length * frames);
  for (let frame = 0; frame < frames; frame++) data.set(one, frame * one.length);
  return volumeOf(data, [columns, rows, slices, frames]);
}

const codes = (estimate: ReturnType<typeof estimateNoise>) => estimate.warnings.map((w) => w.code);

describe('estimateNoise on a phantom', () => {
  it.each([10, 30, 80])('finds Rician noise of %d from air and from details', (sigma) => {
    const e = estimateNoise(simulateNoise(phantom(), { kind: 'rician', sigma, seed: sigma }));
    expect(e.distribution).toBe('rician');
    expect(Math.abs(e.sigma / sigma - 1)).toBeLessThan(0.05);
    expect(Math.abs((e.methods.background ?? 0) / sigma - 1)).toBeLessThan(0.05);
    expect(Math.abs((e.methods.wavelet ?? 0) / sigma - 1)).toBeLessThan(0.1);
    expect(e.methods.repeats).toBeNull();
    expect(e.map).toBeNull();
    expect(codes(e)).toEqual([]);
    expect(e.relative).toBeCloseTo((100 * e.sigma) / 520, -1);
  });

  it.each([
    ['the difference of two images', (clean: number) => clean / 50, 2],
    ['a scale whose zero is far above the tissue', (clean: number) => clean - 2000, 2],
    ['a scale whose zero is far below all of the image', (clean: number) => clean + 1e6, 1.5],
  ] as const)('does not take %s for clean', (_, scaled, least) => {
    const clean = withData(phantom(), phantom().data.map(scaled));
    const noisy = simulateNoise(clean, { kind: 'gaussian', sigma: 30, seed: 4 });
    for (const estimate of [
      estimateNoise(noisy, { modality: 'MR' }),
      withToldNoise(estimateNoise(noisy, { modality: 'MR' }), noisy, { level: 30 }),
    ]) {
      expect(Math.abs(estimate.sigma / 30 - 1)).toBeLessThan(0.1);
      expect(estimate.relative).toBeGreaterThan(least);
      expect(estimate.relative).toBeLessThan(100);
      expect(codes(estimate)).not.toContain('W_CLEAN');
    }
  });

  it('takes CT for Gaussian, in HU', () => {
    const hounsfield = withData(
      phantom(),
      phantom().data.map((v) => v - 1000),
    );
    const e = estimateNoise(simulateNoise(hounsfield, { kind: 'gaussian', sigma: 20, seed: 1 }), {
      modality: 'CT',
    });
    expect(e.distribution).toBe('gaussian');
    expect(e.methods.background).toBeNull();
    expect(Math.abs(e.sigma / 20 - 1)).toBeLessThan(0.08);
  });

  it('finds the level in tissue when the air is masked, and says so', () => {
    const clean = phantom();
    const noisy = simulateNoise(clean, { kind: 'rician', sigma: 30, seed: 2 });
    noisy.data.forEach((_, i) => {
      if (clean.data[i] === 0) noisy.data[i] = 0;
    });
    const e = estimateNoise(noisy, { modality: 'MR' });
    expect(e.airMasked).toBe(true);
    expect(codes(e)).toEqual(['W_AIR_MASKED']);
    expect(e.methods.background).toBeNull();
    expect(Math.abs(e.sigma / 30 - 1)).toBeLessThan(0.08);
  });

  it('names correlated noise and corrects the level for it', () => {
    const e = estimateNoise(
      simulateNoise(phantom(), { kind: 'rician', sigma: 30, correlation: 1.6, seed: 3 }),
    );
    // autocorrelation of a Gaussian kernel of SD s is exp(-1 / (4 s^2))
    const rho = Math.exp(-1 / (4 * (1.6 / 2.3548) ** 2));
    expect(e.correlation.x).toBeCloseTo(rho, 0.8);
    expect(e.correlation.y).toBeCloseTo(rho, 0.8);
    expect(Math.abs(e.correlation.z)).toBeLessThan(0.1);
    expect(codes(e)).toContain('W_NOISE_CORRELATED');
    expect(Math.abs((e.methods.wavelet ?? 0) / 30 - 1)).toBeLessThan(0.15);
    expect(Math.abs((e.methods.background ?? 0) / 30 - 1)).toBeLessThan(0.1);
  });

  it('uses repeats where there are frames', () => {
    const e = estimateNoise(
      simulateNoise(phantom(4), { kind: 'rician', sigma: 25, correlation: 1.6, seed: 4 }),
    );
    expect(Math.abs((e.methods.repeats ?? 0) / 25 - 1)).toBeLessThan(0.05);
    expect(e.sigma).toBe(e.methods.repeats);
    expect(e.correlation.x).toBeCloseTo(Math.exp(-1 / (4 * (1.6 / 2.3548) ** 2)), 1);
  });

  it('goes from the level of frames to that of one frame by degrees, the more unlike frames become', () => {
    const noisy = simulateNoise(phantom(3), { kind: 'rician', sigma: 10, seed: 12 });
    const length = noisy.data.length / 3;
    // what comes and goes over centimetres adds to differences, and to nothing that a single frame shows
    const found = [0, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 35].map((strength) => {
      const data = noisy.data.map((value, i) => {
        const [x, y] = [i % 96, Math.floor(i / 96) % 96];
        const sign = Math.floor(i / length) - 1;
        return value + (value > 200 ? sign * strength * Math.sin(x / 7) * Math.sin(y / 8) : 0);
      });
      return estimateNoise(withData(noisy, data), { modality: 'MR' });
    });
    expect(found[0].sigma).toBe(found[0].methods.repeats);
    expect(found[11].methods.repeats).toBeNull();
    expect(Math.max(...found.map(({ sigma }) => sigma))).toBeGreaterThan(12);
    for (let k = 1; k < found.length; k++)
      expect(Math.abs(Math.log(found[k].sigma / found[k - 1].sigma)), `${k}`).toBeLessThan(0.12);
  });

  it('maps noise that varies', () => {
    const clean = phantom();
    const truth = gainMap(clean, 4, 6).map((gain) => 10 * gain);
    const e = estimateNoise(simulateNoise(clean, { kind: 'rician', sigma: truth, seed: 6 }));
    expect(e.mapVariation).toBeGreaterThan(0.2);
    expect(e.map).not.toBeNull();
    const map = e.map ?? new Float32Array(0);
    expect(map).toHaveLength(truth.length);
    let off = 0;
    let count = 0;
    clean.data.forEach((value, i) => {
      if (value === 0) return;
      off += Math.abs(Math.log(map[i] / truth[i]));
      count++;
    });
    expect(off / count).toBeLessThan(0.25);
  });

  it('warns of few grey levels and of an image without noise', () => {
    const coarse = withData(
      phantom(),
      phantom().data.map((v) => Math.round(v / 40)),
    );
    const e = estimateNoise(coarse);
    expect(codes(e)).toEqual(expect.arrayContaining(['W_FEW_LEVELS', 'W_CLEAN']));
    expect(e.quantisation).toMatchObject({ step: 1 });
  });

  it.each(['a missing slice', 'padding alone'])('takes %s in a stack for no masked air', (what) => {
    const noisy = simulateNoise(phantom(), { kind: 'rician', sigma: 30, seed: 9 });
    const area = noisy.columns * noisy.rows;
    const [start, end] = [3 * area, 4 * area];
    const data = noisy.data.slice();
    for (let i = start; i < end; i++)
      data[i] = what === 'padding alone' ? 0 : (data[i - area] + data[i + area]) / 2;
    const measured = new Uint8Array(data.length).fill(1).fill(0, start, end);
    const e = estimateNoise({ ...noisy, data, measured }, { modality: 'MR' });
    expect(e.airMasked).toBe(false);
    expect(codes(e)).toEqual([]);
    expect(Math.abs(e.sigma / 30 - 1)).toBeLessThan(0.05);
  });

  it('says that noise varies where it does by more than a person would notice', () => {
    const e = estimateNoise(simulateNoise(phantom(), { kind: 'rician', sigma: 30, seed: 10 }));
    const varying = (mapVariation: number) =>
      noiseWarnings({ ...e, mapVariation, map: new Float32Array(1) }).map(({ code }) => code);
    expect(varying(0.04)).not.toContain('W_NOISE_VARIES');
    expect(varying(0.06)).toContain('W_NOISE_VARIES');
  });

  it('survives what has no noise to find', () => {
    for (const fill of [0, 7, Number.NaN]) {
      const e = estimateNoise(volumeOf(new Float32Array(64).fill(fill), [8, 8, 1]));
      expect(e.sigma).toBe(0);
      // what was not measured is not known: it is not clean
      expect(codes(e)).toContain('W_NOISE_UNKNOWN');
      expect(codes(e)).not.toContain('W_CLEAN');
    }
  });
});

/** A scan of the phantom, and how far the level that is found is from the true one. */
function offOf(scanner: Partial<Scanner>, sigma: number): number {
  const scan = simulateScan(phantom(), { ...PLAIN_SCANNER, ...scanner }, sigma, 11);
  return Math.abs(estimateNoise(scan.noisy, { modality: 'MR' }).sigma / scan.sigma - 1);
}

describe('estimateNoise of magnitudes that nothing calls MR', () => {
  it.each([250, 350, 450])(
    'takes noise of %d, as strong as tissue of 500, for that of magnitudes',
    (sigma) => {
      const e = estimateNoise(simulateNoise(phantom(), { kind: 'rician', sigma, seed: sigma }));
      expect(e.distribution).toBe('rician');
      expect(Math.abs(e.sigma / sigma - 1)).toBeLessThan(0.2);
    },
  );

  it('takes a part of an image that lies in tissue as it is', () => {
    const data = phantom().data.map(() => 500);
    const e = estimateNoise(
      simulateNoise(withData(phantom(), Float32Array.from(data)), { kind: 'gaussian', sigma: 40, seed: 1 }),
    );
    expect(e.distribution).toBe('gaussian');
    expect(Math.abs(e.sigma / 40 - 1)).toBeLessThan(0.05);
  });
});

describe('estimateNoise on simulated scans', () => {
  it('uses the level of tissue where coil combination made correlated air quieter', () => {
    const quiet = { coils: 8, normalised: true, airGain: 0.25, acquired: [0.6, 1] } as const;
    // the sharp edges of the phantom ring under zero filling, which adds to the details
    expect(offOf(quiet, 20)).toBeLessThan(0.35);
    expect(offOf({ ...quiet, acquired: [1, 1] }, 20)).toBeLessThan(0.15);
  });

  it.each<[string, Partial<Scanner>]>([
    ['zero filling', { acquired: [0.6, 0.6] }],
    ['a Fermi window', { window: 'fermi', acquired: [0.75, 0.75] }],
    ['a Hann window', { window: 'hann' }],
    ['a sum of squares of eight coils', { coils: 8, combination: 'sum-of-squares' }],
  ])('finds the level under %s', (_, scanner) => {
    expect(offOf(scanner, 20)).toBeLessThan(0.12);
  });

  it.each([60, 100, 130])(
    'finds noise of %d under the squares of eight coils, whose air is hardly dark',
    (sigma) => {
      const scanner = { coils: 8, combination: 'sum-of-squares' } as const;
      expect(offOf(scanner, sigma)).toBeLessThan(0.12);
      expect(offOf({ ...scanner, window: 'fermi', acquired: [0.8, 0.8] }, sigma)).toBeLessThan(0.15);
    },
  );

  it('takes even tissue beside brighter one for no air', () => {
    const two = withData(
      phantom(),
      phantom().data.map((_, i) => (i % 96 < 40 ? 310 : 500)),
    );
    for (const sigma of [30, 60, 90]) {
      const e = estimateNoise(simulateNoise(two, { kind: 'rician', sigma, seed: sigma }), { modality: 'MR' });
      expect(e.methods.background).toBeNull();
      expect(Math.abs(e.sigma / sigma - 1)).toBeLessThan(0.06);
    }
  });

  it('takes a magnitude with some values under zero for what it is', () => {
    const noisy = simulateNoise(phantom(), { kind: 'rician', sigma: 30, seed: 5 });
    const before = estimateNoise(noisy);
    for (let i = 0; i < noisy.data.length; i += 331) noisy.data[i] = -8;
    const after = estimateNoise(noisy);
    expect(after.distribution).toBe('rician');
    expect(Math.abs(after.sigma / before.sigma - 1)).toBeLessThan(0.05);
  });

  it.each([32, 40, 48])('finds the level of %d small pixels, or says that it does not know', (side) => {
    const whole = phantom();
    const clean = { ...whole, data: new Float32Array(side * side * 8), columns: side, rows: side };
    for (let i = 0; i < clean.data.length; i++) {
      const [x, y, z] = [i % side, Math.floor(i / side) % side, Math.floor(i / (side * side))];
      clean.data[i] = whole.data[(z * 96 + Math.floor((96 * y) / side)) * 96 + Math.floor((96 * x) / side)];
    }
    const e = estimateNoise(simulateNoise(clean, { kind: 'rician', sigma: 40, seed: side }));
    expect(codes(e)).not.toContain('W_CLEAN');
    if (!codes(e).includes('W_NOISE_UNKNOWN')) expect(Math.abs(e.sigma / 40 - 1)).toBeLessThan(0.2);
  });

  it.each([1, 2, 4, 8, 16, 20, 24, 28])(
    'is certain of no level of %d pixels that is not there, and calls none of them clean',
    (side) => {
      for (const slices of [1, 4, 12])
        for (const sigma of [20, 80]) {
          const noisy = simulateNoise(smallHead(side, slices), {
            kind: 'rician',
            sigma,
            seed: side + slices,
          });
          const e = estimateNoise(
            { ...noisy, quantum: 1, data: noisy.data.map(Math.round) },
            { modality: 'MR' },
          );
          expect(codes(e)).not.toContain('W_CLEAN');
          expect(isClean(noisy, e)).toBe(false);
          if (e.sigma === 0) expect(e.certainty).toBe(0);
          if (e.certain) expect(Math.abs(Math.log(e.sigma / sigma))).toBeLessThan(0.3);
        }
    },
  );

  it('asks no model of the correlation of band-pass noise, as kernels of CT leave', () => {
    const clean = withData(
      phantom(),
      phantom().data.map((value) => value - 1000),
    );
    const wide = simulateNoise(withData(clean, new Float32Array(clean.data.length)), {
      kind: 'gaussian',
      sigma: 1,
      correlation: 3,
      seed: 8,
    });
    const narrow = simulateNoise(withData(clean, new Float32Array(clean.data.length)), {
      kind: 'gaussian',
      sigma: 1,
      correlation: 1.5,
      seed: 8,
    });
    // a difference of two low passes of the same noise
    const band = narrow.data.map((value, i) => value - 0.8 * wide.data[i]);
    const deviation = Math.sqrt(band.reduce((sum, v) => sum + v * v, 0) / band.length);
    const noisy = withData(
      clean,
      clean.data.map((value, i) => value + (25 / deviation) * band[i]),
    );
    const e = estimateNoise(noisy, { modality: 'CT' });
    expect(Math.abs(e.sigma / 25 - 1)).toBeLessThan(0.15);
  });

  it('says that the noise varies, where a map of it is used', () => {
    const clean = phantom();
    const truth = gainMap(clean, 4, 6).map((gain) => 10 * gain);
    const e = estimateNoise(simulateNoise(clean, { kind: 'rician', sigma: truth, seed: 6 }));
    expect(codes(e)).toContain('W_NOISE_VARIES');
  });
});

describe('estimateNoise on real images', () => {
  const lacking = fileLacks(CH2, 'mricron-data');
  it.skipIf(lacking)('finds the level added to ch2 within 10 %', () => {
    const clean = slab(readNifti(fs.readFileSync(CH2)).volume, 70, 106);
    for (const level of [1, 3, 5, 7, 9]) {
      const sigma = sigmaOfLevel(clean, level);
      const e = estimateNoise(simulateNoise(clean, { kind: 'rician', sigma, seed: level }));
      expect(e.distribution).toBe('rician');
      expect(Math.abs(e.sigma / sigma - 1), `${level} %`).toBeLessThan(0.1);
    }
  });

  it.skipIf(lacking)('is certain of little noise that even air tells, and calls next to none none', () => {
    const clean = slab(readNifti(fs.readFileSync(CH2)).volume, 84, 92);
    const said = [0.1, 0.3, 0.5, 0.7].map((level) => {
      const sigma = sigmaOfLevel(clean, level);
      const noisy = { ...simulateNoise(clean, { kind: 'rician', sigma, seed: 3 }), quantum: 0 };
      const e = estimateNoise(noisy, { modality: 'MR' });
      expect(Math.abs(e.sigma / sigma - 1), `${level} %`).toBeLessThan(0.1);
      expect(e.certain, `${level} %`).toBe(true);
      return codes(e);
    });
    expect(said).toEqual([['W_CLEAN'], [], [], []]);
  });

  it.skipIf(lacking)('is not certain of the level of air with ghosts in it', () => {
    const clean = slab(readNifti(fs.readFileSync(CH2)).volume, 84, 92);
    const { columns, rows, data } = clean;
    const half = (rows >> 1) * columns;
    // the head once more, half a field of view away
    const ghosted = data.map((value, i) => {
      const start = i - (i % (columns * rows));
      return value + 0.02 * data[start + ((i - start + half) % (columns * rows))];
    });
    const sigma = sigmaOfLevel(clean, 0.3);
    const noisy = simulateNoise(withData(clean, ghosted), { kind: 'rician', sigma, seed: 3 });
    expect(estimateNoise({ ...noisy, quantum: 0 }, { modality: 'MR' }).certain).toBe(false);
  });

  it.skipIf(fileLacks(EXAMPLE_4D, 'python3-nibabel'))(
    'agrees with the differences of two real repeats',
    () => {
      const volume = readNifti(fs.readFileSync(EXAMPLE_4D)).volume;
      const e = estimateNoise(volume, { modality: 'MR' });
      const middle = Math.floor(volume.slices / 2);
      const a = sliceView(volume, middle, 0);
      const b = sliceView(volume, middle, 1);
      const level = 0.1 * Math.max(...a);
      const differences = [...a]
        .flatMap((v, i) => (v > level ? [Math.abs(b[i] - v)] : []))
        .sort((x, y) => x - y);
      // the median absolute difference of two normal repeats is 0.6745 * sqrt 2 * sigma
      const direct = differences[Math.floor(differences.length / 2)] / (0.6745 * Math.SQRT2);
      expect(e.methods.repeats).not.toBeNull();
      expect((e.methods.repeats ?? 0) / direct).toBeGreaterThan(0.5);
      expect((e.methods.repeats ?? 0) / direct).toBeLessThan(1.6);
    },
  );
});

const CH2_BRAIN = '/usr/share/mricron/templates/ch2bet.nii.gz';

describe.skipIf(fileLacks(CH2_BRAIN, 'mricron-data'))('estimateNoise of fine structure', () => {
  /** A part of a brain with bright fluid and dark matter, as T2 shows it, of 0 around. */
  function fluid(): Volume {
    const { columns, rows, data } = slab(readNifti(fs.readFileSync(CH2_BRAIN)).volume, 76, 85);
    const brightest = Float32Array.from(data).sort()[Math.floor(0.999 * data.length)];
    const [side, left, top] = [112, 16, 80];
    const turned = Float32Array.from({ length: side * side * 10 }, (_, i) => {
      const [x, y, z] = [i % side, Math.floor(i / side) % side, Math.floor(i / side ** 2)];
      const value = data[(z * rows + top + y) * columns + left + x];
      return value > brightest / 10 ? 1.1 * brightest - Math.min(value, brightest) : 0;
    });
    return volumeOf(turned, [side, side, 10]);
  }

  it('says that nothing is known where tissue lies in pieces too small to tell, without air', () => {
    const clean = fluid();
    const noisy = simulateNoise(clean, {
      kind: 'rician',
      sigma: sigmaOfLevel(clean, 1),
      correlation: 1.5,
      seed: 3,
    });
    const pieces = noisy.data.map((value, i) =>
      (i % 112) % 7 < 5 && (Math.floor(i / 112) % 112) % 7 < 5 ? value : 0,
    );
    const e = estimateNoise(withData(noisy, pieces), { modality: 'MR' });
    expect(e.methods.spectrum).toBeNull();
    expect(codes(e)).toContain('W_NOISE_UNKNOWN');
    expect(e.certain).toBe(false);
  });

  it('finds correlated noise of 1 percent by the air, whose level no map of structure changes', () => {
    expect(Math.abs(foundOver(1, 1.5, false) - 1)).toBeLessThan(0.15);
  });

  it('finds no less than was added where air is masked', () => {
    for (const level of [1, 3, 5]) expect(foundOver(level, 0, true), `${level} %`).toBeGreaterThan(0.9);
  });

  it('is near what was added, whatever hides it: fine structure, correlation, masked air', () => {
    const found = [1, 1.5, 2, 3, 5].flatMap((level) =>
      [0, 1.5].flatMap((correlation) =>
        [false, true].map((masked) => ({
          scene: `${level} %, over ${correlation} voxels${masked ? ', masked' : ''}`,
          off: Math.abs(Math.log(foundOver(level, correlation, masked))),
        })),
      ),
    );
    for (const { scene, off } of found) expect(off, scene).toBeLessThan(Math.log(1.35));
    expect(found.reduce((sum, { off }) => sum + off, 0) / found.length).toBeLessThan(0.13);
  });

  /** Level found over that added. */
  function foundOver(level: number, correlation: number, masked: boolean): number {
    const clean = fluid();
    const sigma = sigmaOfLevel(clean, level);
    const noisy = simulateNoise(clean, { kind: 'rician', sigma, correlation, seed: 3 });
    const seen = masked
      ? withData(
          noisy,
          noisy.data.map((value, i) => (clean.data[i] > 0 ? value : 0)),
        )
      : noisy;
    return estimateNoise(seen, { modality: 'MR' }).sigma / sigma;
  }
});

/** Every third voxel along each axis, as an EPI has them, with air set to 0. */
function coarse(sigma: number): Volume {
  const whole = readNifti(fs.readFileSync(CH2)).volume;
  const [columns, rows, slices] = [whole.columns, whole.rows, whole.slices].map((n) => Math.floor(n / 3));
  const data = Float32Array.from({ length: columns * rows * slices }, (_, i) => {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    return whole.data[(3 * z * whole.rows + 3 * y) * whole.columns + 3 * x];
  });
  const clean = { ...volumeOf(data, [columns, rows, slices]), spacing: [3, 3, 3] as const };
  const noisy = simulateNoise(clean, { kind: 'rician', sigma, correlation: 1.4, seed: 4 });
  return withData(
    noisy,
    noisy.data.map((v, i) => (data[i] > 12 ? v : 0)),
  );
}

describe('estimateNoise of coarse voxels without air', () => {
  it.skipIf(fileLacks(CH2, 'mricron-data'))('never takes anatomy for noise', () => {
    const e = estimateNoise(coarse(1.5), { modality: 'MR' });
    expect(e.methods.wavelet).toBeGreaterThan(4 * 1.5);
    expect(e.certain).toBe(false);
    expect(e.sigma).toBeLessThan(1.5 * 1.5);
    expect(e.warnings.map(({ code, reason }) => `${code} ${reason}`)).toContain(
      'W_NOISE_UNKNOWN W_NOISE_UNKNOWN/structure',
    );
  });
});

/** A head of a few pixels: a rim, matter, two ventricles and a bright spot, each pixel the mean of what it covers. */
function smallHead(side: number, slices: number): Volume {
  const parts: readonly (readonly [x: number, y: number, a: number, b: number, value: number])[] = [
    [0, 0, 0.75, 0.88, 550],
    [0, 0, 0.68, 0.8, 750],
    [-0.25, -0.1, 0.12, 0.3, 250],
    [0.25, -0.1, 0.12, 0.3, 250],
    [0, 0.35, 0.25, 0.12, 950],
  ];
  const at = (x: number, y: number): number =>
    parts.findLast(([cx, cy, a, b]) => ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1)?.[4] ?? 0;
  const fine = 4;
  const plane = Float32Array.from({ length: side * side }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < fine * fine; k++) {
      const x = (i % side) + ((k % fine) + 0.5) / fine;
      const y = Math.floor(i / side) + (Math.floor(k / fine) + 0.5) / fine;
      sum += at((2 * x) / side - 1, (2 * y) / side - 1);
    }
    return sum / fine ** 2;
  });
  const data = new Float32Array(plane.length * slices);
  for (let slice = 0; slice < slices; slice++) data.set(plane, slice * plane.length);
  return { ...phantom(), data, columns: side, rows: side, slices };
}
