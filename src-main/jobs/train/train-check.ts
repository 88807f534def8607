import * as path from 'node:path';
import { exists, isInside } from '../../base/files.js';
import { Random } from '../../base/random.js';
import { fault } from '../../contract/errors.js';
import { EXIT } from '../../contract/exit.js';
import type { CheckTrainingResult } from '../../contract/model-results.js';
import type { ModelCard } from '../../contract/models.js';
import type { TrainingFacts } from '../../contract/requests/families.js';
import type { CheckTrainingRequest, TrainRequest } from '../../contract/requests/training.js';
import { isOfUnitNoise } from '../../model-files/model-card.js';
import { type ModelWeights, readModelWeights } from '../../model-files/model-file.js';
import { familyNamed } from '../../models/families/families.js';
import { parameterCount } from '../../models/parameters.js';
import { checkpointPath } from '../../store/checkpoint-path.js';
import { listModels, readModel } from '../../store/model-store.js';
import { checkPlan, modelOf } from '../../training/family.js';
import {
  type CorpusShape,
  countSlices,
  SLICE_JUDGES,
  SLICE_TRAINS,
  splitCorpus,
} from '../../training/samples/corpus.js';
import { checkpointFile } from './train-checkpoint.js';
import { requireReferences } from './train-input.js';
import { planOf } from './train-plan.js';

/**
 * What a training would be, by the rules that the training itself keeps. Only what the images hold can still be in its way.
 *
 * @throws LimpidError as runTrain
 */
export async function checkTraining({ request, series }: CheckTrainingRequest): Promise<CheckTrainingResult> {
  const family = familyNamed(request.family);
  if (!(await isTrained(request))) await refuseModelFile(request);
  if (request.keepAs === undefined) await checkpointFile(path.resolve(request.output), request.resume);
  requireReferences(request);
  const start = request.from === undefined ? null : await startOf(request.from, family.name);
  const shapes = series.map((one): CorpusShape => ({ ...one, roles: new Uint8Array(one.slices) }));
  if (shapes.length === 0) throw fault('E_NOTHING/chosen');
  const corpus = splitOf(request, shapes);
  const steps = request.budget?.unit === 'minutes' ? 1 : null;
  const { size } = planOf(request, corpus, 1, start?.card);
  const fed = family.wholePlanes ? corpus.map((one) => ({ ...one, rows: size, columns: size })) : corpus;
  const plan = planOf(request, fed, steps, start?.card);
  const model = modelOf(plan);
  checkPlan(model, fed, plan);
  const facts: TrainingFacts = {
    parameters: parameterCount(model),
    steps: steps === null ? plan.steps : null,
    patchSize: plan.size,
    batchSize: plan.batchSize,
    trainingPlanes: countSlices(fed, SLICE_TRAINS),
    heldOutPlanes: countSlices(fed, SLICE_JUDGES),
    split: kindOfSplit(fed),
    settings: model.settings,
    latent: model.coder === null ? null : { channels: model.coder.channels, cell: model.coder.cell },
  };
  return { type: 'result', command: 'check-training', exitCode: EXIT.done, facts };
}

/** Which slices train and which judge: a function of the seed. @throws LimpidError E_TOO_FEW */
export function splitOf<S extends CorpusShape>(request: TrainRequest, series: readonly S[]): S[] {
  const { timeSeries } = familyNamed(request.family);
  return splitCorpus(series, request.heldOut, new Random(request.seed).fork('split'), timeSeries);
}

function kindOfSplit(series: readonly CorpusShape[]): TrainingFacts['split'] {
  if (series.some(({ roles, slices }) => roles.length > slices)) return 'frames';
  return series.every(({ roles }) => new Set(roles).size === 1) ? 'patients' : 'slices';
}

/** Whether the request goes on with a run that has only its trial left to do. */
export async function isTrained({ output, resume }: TrainRequest): Promise<boolean> {
  const file = path.resolve(output);
  return resume && (await exists(checkpointPath(file))) && (await checkpointFile(file, resume)).finished();
}

/** @throws LimpidError E_USAGE, E_EXISTS, E_NOT_FOUND, E_INSIDE_SOURCE */
export async function refuseModelFile({ keepAs, ...request }: TrainRequest): Promise<void> {
  if (keepAs !== undefined && (await listModels()).some(({ name }) => name === keepAs))
    throw fault('E_EXISTS/library-name', {}, keepAs);
  const output = path.resolve(request.output);
  if (!output.toLowerCase().endsWith('.onnx')) throw fault('E_USAGE/onnx-name', {}, output);
  if (keepAs !== undefined) return;
  if (await exists(output)) throw fault('E_EXISTS/model-file', {}, output);
  if (!(await exists(path.dirname(output)))) throw fault('E_NOT_FOUND/model-folder', {}, output);
  for (const input of request.inputs)
    if ((await isInside(output, input)) && path.resolve(input) !== output)
      throw fault('E_INSIDE_SOURCE/model-file', {}, output);
}

/** @throws LimpidError E_NOT_FOUND, E_IO; E_MODEL for a model of another family or kind */
export async function startOf(given: string, family: ModelCard['family']): Promise<ModelWeights> {
  const start = readModelWeights(await readModel(given));
  if (start.card.family === family) return start;
  const facts = { start: start.card.family, family };
  throw isOfUnitNoise(start.card) ? fault('E_MODEL/other-kind', facts) : fault('E_MODEL/other-family', facts);
}
