import { createHash } from 'node:crypto';
import { Random } from '../base/random.js';
import { fault } from '../contract/errors.js';
import type { Preview } from '../contract/events.js';
import type { NamedArrays } from '../graph/types.js';
import { familyNamed } from '../models/families/families.js';
import type { Autoencoder } from '../models/family.js';
import { headOf, sameHead } from '../models/losses.js';
import type { Runtime } from '../runtime/types.js';
import type { Measured, TrainingHooks } from './loop.js';
import { Previewer, type PreviewSink } from './preview.js';
import { artifactBatches } from './samples/artifact-pairs.js';
import type { BatchSource } from './samples/batches.js';
import { type CorpusSeries, type CorpusShape, requireFrames } from './samples/corpus.js';
import { type Augmentation, CropSampler } from './samples/crops.js';
import { type PairObjective, pairBatches } from './samples/pairs.js';
import { type ModelPlan, type TrainedModel, trainModel } from './train.js';

/** Of a run on a corpus. */
export interface FamilyPlan extends ModelPlan {
  readonly objective: PairObjective;
  readonly augmentation: Augmentation;
}

export type TrainedFamily = TrainedModel<FamilyPlan>;

/** @throws LimpidError E_USAGE for settings or losses that do not go together */
export function modelOf(plan: Pick<FamilyPlan, 'family' | 'settings' | 'losses' | 'size'>): Autoencoder {
  const [first, ...others] = plan.losses;
  if (first === undefined || others.some(({ name }) => !sameHead(first.name, name)))
    throw fault('E_USAGE/losses');
  return familyNamed(plan.family).build(plan.settings, { head: headOf(first.name), size: plan.size });
}

/**
 * Trains a family on a corpus that is split into training and judging.
 *
 * @param source batches to use instead of those that plan.objective makes of the corpus
 * @param start weights to go on from, where names and shapes are those of the model
 * @throws LimpidError E_USAGE as modelOf; E_TOO_SMALL, E_TOO_FEW as checkPlan; as trainModel
 */
export async function trainFamily(
  runtime: Runtime,
  corpus: readonly CorpusSeries[],
  plan: FamilyPlan,
  hooks: FamilyHooks = {},
  source: BatchSource | null = null,
  start: NamedArrays | null = null,
): Promise<TrainedFamily> {
  const model = modelOf(plan);
  checkPlan(model, corpus, plan);
  const { size, augmentation } = plan;
  const { context, along } = model;
  const sampler = new CropSampler(corpus, {
    size,
    context,
    ...(along === undefined ? {} : { along }),
    augmentation,
  });
  const examples = model.initialise === undefined ? null : drawExamples(sampler, plan);
  const folded = model.folded === true;
  const identity = { ...plan, images: corpusHash(corpus) };
  const batches = source ?? batchesOf(corpus, plan, sampler, folded);
  const previewer =
    hooks.previews === undefined
      ? null
      : await Previewer.open(runtime, model, plan, hooks.previews, (batchSize) =>
          batchesOf(corpus, { ...plan, batchSize }, sampler, folded),
        );
  try {
    const materials = { model, source: batches, identity, examples, start };
    return await trainModel(runtime, plan, materials, {
      ...hooks,
      async onMeasured(measured) {
        const preview = (await previewer?.at(measured)) ?? null;
        await hooks.onLearning?.({ ...measured, preview });
      },
    });
  } finally {
    await previewer?.close();
  }
}

export interface FamilyHooks extends TrainingHooks {
  /** Where pictures of fixed held-out patches go while it learns; absent: none are made. */
  readonly previews?: PreviewSink;
  /** Told after each measurement on held-out images, and first of all what a resumed run had measured before. */
  readonly onLearning?: (learning: Measured & { readonly preview: Preview | null }) => void | Promise<void>;
}

/** @throws LimpidError E_USAGE, E_TOO_SMALL, E_TOO_FEW for a model, images and a plan that do not go together */
export function checkPlan(
  model: Autoencoder,
  corpus: readonly CorpusShape[],
  { size, objective }: Pick<FamilyPlan, 'size' | 'objective'>,
): void {
  checkSizes(model, corpus, size);
  if (objective.kind === 'artifact' ? model.context > 0 : model.folded === true)
    throw fault('E_USAGE/channels');
  if (model.along === 'frames') for (const series of corpus) requireFrames(series);
  if (objective.kind === 'frames' && !model.blind) throw fault('E_USAGE/sees-frame');
}

function batchesOf(
  corpus: readonly CorpusSeries[],
  plan: FamilyPlan,
  sampler: CropSampler,
  folded: boolean,
): BatchSource {
  if (plan.objective.kind === 'artifact') return artifactBatches(corpus, plan.objective, { ...plan, folded });
  return pairBatches(plan.objective, sampler, plan);
}

const EXAMPLES = 512;

/** Unaltered training crops for start values. */
function drawExamples(sampler: CropSampler, { size, seed }: FamilyPlan) {
  const random = new Random(seed).fork('examples');
  const data = new Float32Array(EXAMPLES * size * size);
  for (let n = 0; n < EXAMPLES; n++) data.set(sampler.draw(random, 'training').target, n * size * size);
  return { data, shape: [EXAMPLES, size, size, 1] };
}

function checkSizes(model: Autoencoder, corpus: readonly CorpusShape[], size: number): void {
  if (size % model.multiple !== 0)
    throw fault('E_USAGE/patch-size', {
      size,
      multiple: model.multiple,
      possible: Math.max(model.multiple, size - (size % model.multiple)),
    });
  const smallest = Math.min(...corpus.map(({ rows, columns }) => Math.min(rows, columns)));
  if (smallest < model.multiple) throw fault('E_TOO_SMALL/model', { side: smallest, least: model.multiple });
  if (smallest < size)
    throw fault('E_TOO_SMALL/patches', {
      side: smallest,
      size,
      possible: smallest - (smallest % model.multiple),
    });
}

/** Of values, targets, geometry and split. */
function corpusHash(corpus: readonly CorpusSeries[]): string {
  const hash = createHash('sha256');
  for (const { values, target, rows, columns, slices, frames, roles } of corpus) {
    hash.update(JSON.stringify([rows, columns, slices, frames, [...roles]]));
    for (const data of [values, target])
      if (data !== null) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
