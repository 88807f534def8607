import { LimpidError } from '../contract/errors.js';
import type { ModelCard, NormalScores } from '../contract/models.js';
import { exportModel, type OpenModel, openModelFile } from '../model-files/model-file.js';
import { spread } from '../noise/planes.js';
import { median } from '../noise/robust.js';
import { applyToPlane, type ScaledStack } from '../restore/apply.js';
import type { Runtime } from '../runtime/types.js';
import type { TrainedFamily } from '../training/family.js';
import { type CorpusSeries, SLICE_JUDGES } from '../training/samples/corpus.js';
import {
  bodyOf,
  errorScores,
  inBody,
  intensityScores,
  isScorable,
  normalScores,
  type PlaneScores,
} from '../trust/unlike.js';

/** Planes that are enough to tell what is usual. */
const MOST_PLANES = 64;
const CENTRE_SAMPLE = 100_000;
/** Values up to here are air. */
const AIR = 0.1;

/** One plane with the scores of all its pixels. */
export interface ScoredPlane {
  /** 1 inside the body. */
  readonly body: Uint8Array;
  readonly error: Float32Array;
  readonly intensity: Float32Array;
}

/** Median of what is brighter than air: what the baseline measures distances from. */
export function centreOf({ values }: Pick<ScaledStack, 'values'>): number {
  const step = Math.max(1, Math.floor(values.length / CENTRE_SAMPLE));
  const sample: number[] = [];
  for (let i = 0; i < values.length; i += step) if (values[i] > AIR) sample.push(values[i]);
  return sample.length > 0 ? median(sample) : 0;
}

/** @param plane frame * slices + slice */
export async function scorePlane(
  model: OpenModel,
  stack: ScaledStack,
  plane: number,
  centre: number,
): Promise<ScoredPlane> {
  const { rows, columns } = stack;
  const range = [plane * rows * columns, (plane + 1) * rows * columns] as const;
  const values = stack.values.subarray(...range);
  const measured = stack.measured?.subarray(...range) ?? null;
  const image = { values, rows, columns };
  const { reconstruction } = await applyToPlane(model, stack, plane);
  const seen = (i: number): boolean => measured === null || measured[i] === 1;
  return {
    // Where nothing was measured there is nothing to be unlike, and no error that its neighbours could be blamed for.
    body: bodyOf(image).map((inside, i) => (seen(i) ? inside : 0)),
    error: errorScores(
      image,
      reconstruction.map((value, i) => (seen(i) ? value : values[i])),
    ),
    intensity: intensityScores(image, centre),
  };
}

/** Planes of a stack that are taken as normal. */
export interface NormalPlanes {
  readonly stack: ScaledStack;
  readonly planes: readonly number[];
}

/** What is usual in up to 64 of the planes, evenly chosen. @throws LimpidError E_TOO_FEW */
export async function scoreNormal(
  model: OpenModel,
  normal: readonly NormalPlanes[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<NormalScores> {
  const all = normal.flatMap(({ stack, planes }) => {
    const centre = centreOf(stack);
    return planes.map((plane) => ({ stack, plane, centre }));
  });
  const chosen = spread(all.length, MOST_PLANES);
  const scored: PlaneScores[] = [];
  for (const [done, index] of chosen.entries()) {
    const { stack, plane, centre } = all[index];
    const { body, error, intensity } = await scorePlane(model, stack, plane, centre);
    if (isScorable(body)) scored.push({ error: inBody(error, body), intensity: inBody(intensity, body) });
    onProgress(done + 1, chosen.length);
  }
  return normalScores(scored);
}

/** The planes of a corpus that only judge, on their own grid. */
function judgingPlanes(corpus: readonly CorpusSeries[]): NormalPlanes[] {
  return corpus.map(({ values, rows, columns, slices, frames, usable, roles }) => ({
    stack: { values, rows, columns, slices, frames, measured: usable, scale: { low: 0, high: 1 } },
    planes: Array.from({ length: slices * frames }, (_, plane) => plane).filter(
      (plane) => roles[plane % roles.length] === SLICE_JUDGES,
    ),
  }));
}

/**
 * A trained model's card with what is usual in the images that only judged; as it was where these are too few.
 *
 * @param judged the corpus on its own grid
 */
export async function withNormalScores(
  runtime: Runtime,
  trained: TrainedFamily,
  card: ModelCard,
  judged: readonly CorpusSeries[],
): Promise<ModelCard> {
  const model = await openModelFile(runtime, exportModel(trained, card));
  try {
    return { ...card, normal: await scoreNormal(model, judgingPlanes(judged)) };
  } catch (error) {
    if (error instanceof LimpidError && error.code === 'E_TOO_FEW') return card;
    throw error;
  } finally {
    await model.close();
  }
}
