import { fault } from '../../contract/errors.js';
import type { ModelCard } from '../../contract/models.js';
import type { TrainRequest } from '../../contract/requests/training.js';
import { familyNamed } from '../../models/families/families.js';
import type { Family, FamilySettings } from '../../models/family.js';
import { type FamilyPlan, modelOf } from '../../training/family.js';
import { ADAM, type AdamSettings } from '../../training/optimiser.js';
import { artifactObjective } from '../../training/samples/artifact-pairs.js';
import { type CorpusShape, countSlices, SLICE_TRAINS } from '../../training/samples/corpus.js';
import { type PairObjective, removesNoise } from '../../training/samples/pairs.js';

const USUAL_STEPS = 2000;
const USUAL_SIZE = 64;
/** A field is told by most of the plane; at its coarse grid that costs no more than small patches do. */
const FIELD_SIZE = 192;
const USUAL_RATE = 2e-3;
/** Decoupled, times the learning rate (Loshchilov and Hutter 2019). */
const WEIGHT_DECAY = 0.05;
const MASKED_SHARE = 0.25;
const MASKED_SIDE = 4;
/** One hidden pixel in 5 x 5. */
const BLIND_CELL = 5;

/**
 * Everything that decides a run.
 *
 * @param steps null: from the request, which then gives no time
 * @param from of the model that the training goes on from
 * @throws LimpidError E_USAGE
 */
export function planOf(
  request: TrainRequest,
  corpus: readonly CorpusShape[],
  steps: number | null,
  from: ModelCard | null = null,
): FamilyPlan {
  const family = familyNamed(request.family);
  const objective = objectiveOf(request);
  const settings = {
    ...from?.settings,
    ...objectiveSettings(objective, family),
    ...request.settings,
  };
  const losses = request.losses.length > 0 ? request.losses : [{ name: 'mse' as const, weight: 1 }];
  const size = sizeOf(request, corpus, { family: family.name, settings, losses });
  const batchSize = request.batchSize;
  const total = steps ?? stepsOf(request, corpus, size, batchSize);
  return {
    family: family.name,
    settings,
    losses,
    objective,
    augmentation: { ...request.augmentation, turns: request.augmentation.flips && !family.wholePlanes },
    size,
    batchSize,
    steps: total,
    peakRate: request.rate ?? USUAL_RATE,
    warmupSteps: request.tuning?.warmup ?? Math.min(50, Math.ceil(total / 10)),
    optimiser: optimiserOf(request),
    seed: request.seed,
    evaluateEvery: Math.min(100, Math.max(10, Math.ceil(total / 20))),
    patience: request.patience,
    ...(from === null ? {} : { from: from.weightsSha256 }),
  };
}

function optimiserOf({ optimiser, tuning = {} }: TrainRequest): AdamSettings {
  const { weightDecay, clip = ADAM.clipNorm, average = ADAM.averageDecay } = tuning;
  if (optimiser === 'adam' && weightDecay !== undefined) throw fault('E_USAGE/adam');
  return {
    ...ADAM,
    weightDecay: optimiser === 'adamw' ? (weightDecay ?? WEIGHT_DECAY) : 0,
    clipNorm: clip,
    averageDecay: average,
  };
}

function objectiveOf(request: TrainRequest): PairObjective {
  switch (request.objective) {
    case 'gaussian':
    case 'rician':
      return { kind: request.objective, levels: request.levels };
    case 'masking':
      return { kind: 'masking', share: MASKED_SHARE, side: MASKED_SIDE };
    case 'blind-spot':
      return { kind: 'blind-spot', cell: BLIND_CELL, span: [0, 0] };
    case 'artifact':
      if (request.artifact !== undefined)
        return artifactObjective(request.artifact.name, request.artifact.severity);
      throw fault('E_USAGE/artifact');
    default:
      return { kind: request.objective };
  }
}

/**
 * What an objective asks of a family's settings. A ghost comes from half the plane away: a network that can be folded is.
 * The field of a coil is smooth: a network that can predict a smooth factor does.
 * A network that sees the hidden pixel through a skip learns nothing: blind spots go without, where there is one. A
 * video network does not see the frame it is to tell, and noise is taken from whole images, without hidden patches.
 */
function objectiveSettings(objective: PairObjective, { name, defaults }: Family): FamilySettings {
  const { kind } = objective;
  if ('middle' in defaults && (kind === 'frames' || kind === 'blind-spot'))
    return { middle: kind === 'frames' ? 'unseen' : 'seen' };
  // The plain family has a setting of that name too: the width of its hidden layer.
  if (name === 'masked' && removesNoise(objective)) return { hidden: 0 };
  if ('folded' in defaults && kind === 'artifact')
    return { folded: objective.artifact === 'ghost', field: objective.artifact === 'bias' };
  if ('topSkip' in defaults && kind === 'blind-spot') return { residual: false, topSkip: false };
  return {};
}

/** As asked; else 64, or 192 for a field, or what of it fits the smallest plane, as a multiple of what the model divides by. */
function sizeOf(
  request: TrainRequest,
  corpus: readonly CorpusShape[],
  plan: Pick<FamilyPlan, 'family' | 'settings' | 'losses'>,
): number {
  if (request.patchSize !== null) return request.patchSize;
  if (familyNamed(plan.family).wholePlanes) return USUAL_SIZE;
  const { multiple } = modelOf({ ...plan, size: USUAL_SIZE });
  const usual = plan.settings.field === true ? FIELD_SIZE : USUAL_SIZE;
  const smallest = Math.min(usual, ...corpus.map(({ rows, columns }) => Math.min(rows, columns)));
  return Math.max(multiple, smallest - (smallest % multiple));
}

function stepsOf(
  { budget }: TrainRequest,
  corpus: readonly CorpusShape[],
  size: number,
  batchSize: number,
): number {
  if (budget === null) return USUAL_STEPS;
  if (budget.unit === 'steps') return budget.value;
  const [{ rows, columns }] = corpus;
  const pixels = countSlices(corpus, SLICE_TRAINS) * rows * columns;
  return Math.max(1, Math.ceil((budget.value * pixels) / (batchSize * size * size)));
}
