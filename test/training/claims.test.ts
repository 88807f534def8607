import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../src-main/runtime/device.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import type { CorpusSeries } from '../../src-main/training/samples/corpus.js';
import { CH2, fileLacks } from '../imaging/support.js';
import {
  apply,
  brainCorpus,
  heldOutImages,
  type Images,
  meanSquare,
  nudged,
  pcaError,
  planFor,
  squares,
  trainOn,
} from './brain.js';

const lacking = fileLacks(CH2, 'mricron-data') !== '';

/** What each family is for, in small, on slices of a real brain; test/bench/families.mjs measures it in earnest. */
describe.skipIf(lacking)('on a real brain', () => {
  let runtime: Runtime;
  let corpus: CorpusSeries[];
  let images: Images;
  beforeAll(async () => {
    runtime = await openRuntime('cpu', { threads: 2 });
    corpus = brainCorpus(70, 95);
    images = heldOutImages(corpus, 64, 32);
  });
  afterAll(() => runtime?.close());

  it('plain is no worse than PCA with the same latent size', async () => {
    const trained = await trainOn(
      runtime,
      corpus,
      planFor('plain', { steps: 120, settings: { latent: 16, hidden: 64 }, peakRate: 1e-3, batchSize: 24 }),
    );
    const { reconstruction } = await apply(runtime, trained, images);
    expect(meanSquare(reconstruction, images.data)).toBeLessThan(pcaError(corpus, images, 16, 16));
  });

  it.each([0.1])('sparse units are active at the target rate %s', async (rate) => {
    const settings = { base: 8, latent: 32, rate };
    const trained = await trainOn(runtime, corpus, planFor('sparse', { steps: 150, settings }));
    const { latent, reconstruction } = await apply(runtime, trained, images);
    const active = latent.reduce((sum, value) => sum + value, 0) / latent.length;
    expect(Math.abs(active / rate - 1)).toBeLessThan(0.2);
    expect(meanSquare(reconstruction, images.data)).toBeLessThan(0.5 * variance(images.data));
  });

  it.each([
    ['dense', { kind: 'dense', latent: 32 }, 1],
    ['convolutional', { kind: 'convolutional', base: 4, levels: 2, latent: 4 }, 1],
  ] as const)('%s contractive latents move less than without the penalty', async (_, settings, weight) => {
    const norms: number[] = [];
    for (const penalty of [0, weight]) {
      const plan = planFor('contractive', {
        steps: settings.kind === 'dense' ? 200 : 80,
        settings: { ...settings, weight: penalty },
      });
      const trained = await trainOn(runtime, corpus, plan);
      const [rest, moved] = [images, nudged(images, 1e-2, 3)];
      const { latent } = await apply(runtime, trained, rest);
      norms.push(meanSquare(latent, (await apply(runtime, trained, moved)).latent));
    }
    expect(norms[1]).toBeLessThan(0.8 * norms[0]);
  });

  it('variational latents carry something, and beta trades it against the error', async () => {
    const whole = squares(corpus, 32);
    const results: { kl: number; active: number; error: number }[] = [];
    for (const beta of [0.1, 10]) {
      const settings = { base: 4, latent: 8, levels: 2, beta, warmup: 50 };
      const plan = planFor('variational', { steps: 150, settings, size: 32 });
      const { result } = await trainOn(runtime, whole, plan);
      const { kl = 0, active = 0, error = 0 } = result.curve[result.curve.length - 1].measures ?? {};
      results.push({ kl, active, error });
    }
    const [loose, tight] = results;
    expect(loose.active).toBeGreaterThan(0.5);
    expect(loose.kl).toBeGreaterThan(tight.kl);
    expect(loose.error).toBeLessThan(tight.error);
  });

  it.each(['average', 'gradient'])('vector-quantised with a codebook by %s uses it', async (codebook) => {
    const settings = { base: 4, latent: 8, codes: 64, codebook };
    const trained = await trainOn(runtime, corpus, planFor('vector-quantised', { steps: 250, settings }));
    const { codes, reconstruction } = await apply(runtime, trained, images);
    const used = new Set(codes).size;
    expect(codes.every((code) => Number.isInteger(code) && code >= 0 && code < 64)).toBe(true);
    if (codebook === 'average') expect(used).toBeGreaterThan(32);
    expect(used).toBeGreaterThan(1);
    expect(meanSquare(reconstruction, images.data)).toBeLessThan(0.5 * variance(images.data));
  });

  it('denoising takes Rician noise away', async () => {
    const objective = { kind: 'rician', levels: [5, 9] } as const;
    const plan = planFor('denoising', { steps: 150, settings: { base: 8 }, objective, batchSize: 4 });
    const trained = await trainOn(runtime, corpus, plan);
    const noisy = nudged(images, 0.07, 4);
    const { reconstruction } = await apply(runtime, trained, noisy);
    const gain = meanSquare(noisy.data, images.data) / meanSquare(reconstruction, images.data);
    expect(10 * Math.log10(gain)).toBeGreaterThan(4);
  });
});

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
