import { denoiser } from '../models/families/unet.js';
import type { Runtime } from '../runtime/types.js';
import { denoiserPlan, type TrainedDenoiser, trainDenoiser } from './denoiser.js';
import type { TrainingHooks } from './loop.js';
import { type ProceduralImages, proceduralBatches } from './procedural/batches.js';

/** A stretch of the training with a learning rate that falls to its end; the next goes on from its weights. */
interface PretrainPhase {
  readonly images: ProceduralImages;
  readonly steps: number;
  readonly peakRate: number;
}

export interface PretrainOptions {
  readonly seed: number;
  readonly phases: readonly PretrainPhase[];
}

/** What the shipped model was trained with. */
export const PRETRAINING: PretrainOptions = {
  seed: 1,
  phases: [
    { images: 'leaves', steps: 26_000, peakRate: 1e-3 },
    { images: 'mixed', steps: 14_000, peakRate: 7e-4 },
  ],
};

/** What the shipped model is, but for its weights. */
export const GENERAL = denoiser({ levels: 4, context: 2, conditioned: true });
const PATCH_SIZE = 64;
const EVALUATE_EVERY = 250;
/** Fingerprints of the images, for checkpoints. */
const IMAGES = { leaves: 'procedural-1', mixed: 'procedural-mixed' } as const;

export interface PretrainedModel {
  readonly seed: number;
  readonly phases: readonly {
    readonly phase: PretrainPhase;
    readonly trained: TrainedDenoiser;
  }[];
}

/** The shipped training, made longer or shorter: `steps` in all, shared out as there. */
export function pretraining(seed: number, steps: number | null): PretrainOptions {
  const all = PRETRAINING.phases.reduce((sum, phase) => sum + phase.steps, 0);
  if (steps === null || steps === all) return { ...PRETRAINING, seed };
  const [first, second] = PRETRAINING.phases;
  const share = Math.round((steps * first.steps) / all);
  const phases = [
    { ...first, steps: share },
    { ...second, steps: steps - share },
  ];
  return { seed, phases: phases.filter((phase) => phase.steps > 0) };
}

/**
 * Trains the general denoiser on procedural images: no person's scan goes in. The same options and device give the
 * same weights, however often the run is stopped and resumed.
 *
 * @param hooksOf progress and checkpoint of a phase, by its index; a phase that is done resumes at its end
 * @throws as `trainModel`
 */
export async function pretrain(
  runtime: Runtime,
  { seed, phases }: PretrainOptions,
  hooksOf: (phase: number) => TrainingHooks = () => ({}),
): Promise<PretrainedModel> {
  const done: PretrainedModel['phases'][number][] = [];
  for (const [i, phase] of phases.entries()) {
    const start = done.at(-1)?.trained.kept ?? null;
    const chosen = {
      objective: { kind: 'procedural' },
      size: PATCH_SIZE,
      steps: phase.steps,
      peakRate: phase.peakRate,
      seed,
      evaluateEvery: EVALUATE_EVERY,
      // the rate falls to the end: a late measurement may be the best one after many that were not
      patience: Number.MAX_SAFE_INTEGER,
      images: IMAGES[phase.images],
    } as const;
    const plan = denoiserPlan(GENERAL, chosen, start);
    const { size, batchSize: count } = plan;
    const source = proceduralBatches({ size, count, context: GENERAL.context, seed, images: phase.images });
    done.push({ phase, trained: await trainDenoiser(runtime, GENERAL, plan, source, start, hooksOf(i)) });
  }
  return { seed, phases: done };
}
