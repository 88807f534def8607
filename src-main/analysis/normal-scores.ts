import { Random } from '../base/random.js';
import { LimpidError } from '../contract/errors.js';
import type { ModelCard, NormalScores } from '../contract/models.js';
import { exportModel, type OpenModel, openModelFile } from '../model-files/model-file.js';
import { spread } from '../noise/planes.js';
import { median } from '../noise/robust.js';
import { applyToPlane, type ScaledStack } from '../restore/apply.js';
import type { Runtime } from '../runtime/types.js';
import type { TrainedFamily } from '../training/family.js';
import { type CorpusSeries, SLICE_JUDGES, SLICE_TRAINS } from '../training/samples/corpus.js';
import { planeFeatures } from '../trust/plane-features.js';
import {
  bodyOf,
  errorScores,
  inBody,
  intensityScores,
  isScorable,
  normalScores,
  type PlaneScores,
} from '../trust/unlike.js';
import { featureScores, fitPlaces, type UsualPlaces } from '../trust/usual-places.js';

/** Planes that are enough to tell what is usual. */
const MOST_PLANES = 64;
const CENTRE_SAMPLE = 100_000;
/** Values up to here are air. */
const AIR = 0.1;

/** What tells how unlike normal ones the pixels of a plane are, besides their intensity. */
export interface Scorer {
  readonly model: OpenModel;
  /** Set: by how far features are from what is usual at their place; null: by what the model rebuilds badly. */
  readonly places: UsualPlaces | null;
}

/** One plane with the scores of all its pixels. */
export interface ScoredPlane {
  /** 1 inside the body. */
  readonly body: Uint8Array;
  /** Rebuild error, or distance of features. */
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
  { model, places }: Scorer,
  stack: ScaledStack,
  plane: number,
  centre: number,
): Promise<ScoredPlane> {
  const { rows, columns } = stack;
  const range = [plane * rows * columns, (plane + 1) * rows * columns] as const;
  const values = stack.values.subarray(...range);
  const measured = stack.measured?.subarray(...range) ?? null;
  const image = { values, rows, columns };
  const seen = (i: number): boolean => measured === null || measured[i] === 1;
  const error = async (): Promise<Float32Array> => {
    if (places !== null) return featureScores(places, image, measured);
    const reconstruction = await applyToPlane(model, stack, plane);
    return errorScores(
      image,
      reconstruction.map((value, i) => (seen(i) ? value : values[i])),
    );
  };
  return {
    // Where nothing was measured there is nothing to be unlike, and no error that its neighbours could be blamed for.
    body: bodyOf(image).map((inside, i) => (seen(i) ? inside : 0)),
    error: await error(),
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
  scorer: Scorer,
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
    const { body, error, intensity } = await scorePlane(scorer, stack, plane, centre);
    if (isScorable(body)) scored.push({ error: inBody(error, body), intensity: inBody(intensity, body) });
    onProgress(done + 1, chosen.length);
  }
  return normalScores(scored);
}

/** The planes of a corpus that have a role, on their own grid. */
function planesOf(corpus: readonly CorpusSeries[], role: number): NormalPlanes[] {
  return corpus.map(({ values, rows, columns, slices, frames, usable, roles }) => ({
    stack: { values, rows, columns, slices, frames, measured: usable, scale: { low: 0, high: 1 } },
    planes: Array.from({ length: slices * frames }, (_, plane) => plane).filter(
      (plane) => roles[plane % roles.length] === role,
    ),
  }));
}

/** Planes that are enough to tell what is usual at a place. */
const MOST_FITTED = 256;

/** What is usual at places of the planes that a model learnt from; null where none has a body. */
export function placesOf(corpus: readonly CorpusSeries[]): UsualPlaces | null {
  const all = planesOf(corpus, SLICE_TRAINS).flatMap(({ stack, planes }) =>
    planes.map((plane) => ({ stack, plane })),
  );
  const planes = spread(all.length, MOST_FITTED).map((index) => {
    const { stack, plane } = all[index];
    const { rows, columns, values, measured } = stack;
    const range = [plane * rows * columns, (plane + 1) * rows * columns] as const;
    const image = { values: values.subarray(...range), rows, columns };
    return planeFeatures(image, measured?.subarray(...range) ?? null);
  });
  return fitPlaces(planes, new Random(PLACES_SEED));
}

const PLACES_SEED = 1;

/**
 * A trained model's card with what is usual in the images that only judged, by the model's error and by features; as it
 * was where these are too few.
 *
 * @param places of the images that it learnt from
 * @param judged the corpus on its own grid
 */
export async function withNormalScores(
  runtime: Runtime,
  trained: TrainedFamily,
  card: ModelCard,
  places: UsualPlaces | null,
  judged: readonly CorpusSeries[],
): Promise<ModelCard> {
  const model = await openModelFile(runtime, exportModel(trained, card));
  try {
    const planes = planesOf(judged, SLICE_JUDGES);
    const normal = await scoreNormal({ model, places: null }, planes);
    if (places === null) return { ...card, normal };
    return { ...card, normal, normalFeatures: await scoreNormal({ model, places }, planes) };
  } catch (error) {
    if (error instanceof LimpidError && error.code === 'E_TOO_FEW') return card;
    throw error;
  } finally {
    await model.close();
  }
}
