import * as fs from 'node:fs';
import { principalComponents } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import { readNifti } from '../../src-main/imaging/nifti.js';
import { inferenceDefinition } from '../../src-main/model-files/model-file.js';
import { cells } from '../../src-main/models/linear-start.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { type FamilyPlan, type TrainedFamily, trainFamily } from '../../src-main/training/family.js';
import { ADAM } from '../../src-main/training/optimiser.js';
import {
  type CorpusSeries,
  corpusSeries,
  splitCorpus,
  wholePlanes,
} from '../../src-main/training/samples/corpus.js';
import { CropSampler } from '../../src-main/training/samples/crops.js';
import { CH2, slab } from '../imaging/support.js';

/** Axial slices of ch2, in the middle of the brain, split into learning and judging. */
export function brainCorpus(from: number, to: number): CorpusSeries[] {
  const volume = slab(readNifti(fs.readFileSync(CH2)).volume, from, to);
  return splitCorpus([corpusSeries(volume, 'ch2', null)], 0.2, new Random(1));
}

export function planFor(family: string, changes: Partial<FamilyPlan> = {}): FamilyPlan {
  const steps = changes.steps ?? 300;
  return {
    family,
    settings: {},
    losses: [{ name: 'mse', weight: 1 }],
    objective: { kind: 'reconstruct' },
    augmentation: { flips: true, turns: true, intensity: 0, elastic: 0 },
    size: 32,
    batchSize: 8,
    peakRate: 2e-3,
    warmupSteps: 20,
    optimiser: { ...ADAM, averageDecay: 0.98 },
    seed: 2,
    evaluateEvery: Math.ceil(steps / 4),
    patience: 1000,
    ...changes,
    steps,
  };
}

export interface Images {
  /** count * size * size */
  readonly data: Float32Array;
  readonly count: number;
  readonly size: number;
}

/** Held-out crops, the same for every model; of a corpus of whole planes, whole planes. */
export function heldOutImages(corpus: readonly CorpusSeries[], count: number, size: number): Images {
  const augmentation = { flips: false, turns: false, intensity: 0, elastic: 0 };
  const sampler = new CropSampler(corpus, { size, context: 0, augmentation });
  const random = new Random(77);
  const data = new Float32Array(count * size * size);
  for (let n = 0; n < count; n++) data.set(sampler.draw(random, 'heldOut').target, n * size * size);
  return { data, count, size };
}

export function trainOn(
  runtime: Runtime,
  corpus: readonly CorpusSeries[],
  plan: FamilyPlan,
): Promise<TrainedFamily> {
  return trainFamily(runtime, corpus, plan);
}

export function squares(corpus: readonly CorpusSeries[], size: number): CorpusSeries[] {
  return corpus.map((series) => wholePlanes(series, size));
}

/** Runs a trained model on images: `reconstruction`, `latent` and what else it gives. */
export async function apply(
  runtime: Runtime,
  { model, kept }: TrainedFamily,
  { data, count, size }: Images,
): Promise<Readonly<Record<string, Float32Array>>> {
  const program = await runtime.compileInference(
    inferenceDefinition(model, kept, { image: [count, size, size, 1] }),
  );
  const outputs = await program.run({ image: data });
  await program.close();
  return outputs;
}

export function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

/** Mean squared error of the best linear code of the same size, learnt from as many training patches. */
export function pcaError(
  corpus: readonly CorpusSeries[],
  images: Images,
  patch: number,
  latent: number,
): number {
  const augmentation = { flips: true, turns: true, intensity: 0, elastic: 0 };
  const sampler = new CropSampler(corpus, { size: images.size, context: 0, augmentation });
  const random = new Random(5);
  const area = images.size ** 2;
  const examples = new Float32Array(512 * area);
  for (let n = 0; n < 512; n++) examples.set(sampler.draw(random, 'training').target, n * area);
  const length = patch * patch;
  const rows = (data: Float32Array) =>
    cells({ data, shape: [data.length / area, images.size, images.size, 1] }, patch);
  const { mean, vectors } = principalComponents(rows(examples), length, latent, random);
  const test = rows(images.data);
  let error = 0;
  for (let at = 0; at < test.length; at += length) {
    const centred = Float64Array.from({ length }, (_, i) => test[at + i] - mean[i]);
    let energy = centred.reduce((sum, value) => sum + value * value, 0);
    for (let k = 0; k < latent; k++)
      energy -= centred.reduce((sum, value, i) => sum + value * vectors[k * length + i], 0) ** 2;
    error += energy;
  }
  return error / test.length;
}

/** The images moved by unit normal noise times `deviation`. */
export function nudged(images: Images, deviation: number, seed: number): Images {
  const random = new Random(seed);
  return { ...images, data: images.data.map((value) => value + deviation * random.normal()) };
}
