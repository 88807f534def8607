import * as path from 'node:path';
import { exists, isInside, sha256, writeFileAtomic } from '../base/files.js';
import { Random } from '../base/random.js';
import { VERSION } from '../base/version.js';
import { LimpidError, type Problem, withoutPlace } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { TrainRequest } from '../contract/requests.js';
import { EXIT, type TrainResult } from '../contract/results.js';
import { exportFamily, type FamilyWeights, familyCard, readFamilyWeights } from '../denoise/family-file.js';
import { familyNamed } from '../models/families.js';
import type { Family } from '../models/family.js';
import { parameterCount } from '../models/network.js';
import { openRuntime } from '../runtime/device.js';
import type { Runtime } from '../runtime/types.js';
import {
  type CorpusSeries,
  countSlices,
  SLICE_JUDGES,
  SLICE_TRAINS,
  splitCorpus,
  wholePlanes,
} from '../training/corpus.js';
import { type FamilyPlan, type TrainedFamily, trainFamily } from '../training/family.js';
import type { TrainingHooks } from '../training/loop.js';
import { codePriorOf } from './code-prior.js';
import { readModel } from './model-store.js';
import { withNormalScores } from './normal-scores.js';
import { startMeter } from './progress.js';
import { type CheckpointFile, checkpointFile, pilotSteps } from './train-checkpoint.js';
import { type Gathered, gather } from './train-input.js';
import { planOf } from './train-plan.js';

/**
 * Trains an autoencoder family on the series of all inputs and writes it as one ONNX file.
 *
 * @throws LimpidError E_USAGE, E_EXISTS, E_RESUME, E_NOTHING, E_TOO_FEW, E_TOO_SMALL, E_DEVICE, E_TRAINING; as reading
 */
export async function runTrain(
  request: TrainRequest,
  emit: Emit,
  pace: Pick<TrainingHooks, 'checkpointSeconds'> = {},
): Promise<TrainResult> {
  const started = performance.now();
  const output = path.resolve(request.output);
  const family = familyNamed(request.family);
  await refuseModelFile(request, output);
  const checkpoint = await checkpointFile(output, request.resume);
  const start = request.from === undefined ? null : await startOf(request.from, family.name);
  const gathered = await gather(request, emit, family.timeSeries === true);
  const corpus = corpusOf(request, gathered.series, family, start);
  const runtime = await openRuntime(request.device);
  try {
    const { device, description, warnings } = runtime.choice;
    emit({ type: 'device', device, description });
    for (const problem of warnings) emit({ type: 'warning', series: null, problem });
    const plan = await planWithSteps(request, corpus, runtime, checkpoint, start);
    const hooks = { ...pace, ...hooksOf(emit, plan, checkpoint) };
    const trained = await trainFamily(runtime, corpus, plan, hooks, null, start?.weights ?? null);
    const planeSide = family.wholePlanes ? plan.size : null;
    const facts = { version: VERSION, device, data: dataOf(gathered, corpus) };
    const judged = gathered.series.map((one, i) => ({ ...one, roles: corpus[i].roles }));
    const card = await withNormalScores(runtime, trained, familyCard(trained, facts, planeSide), judged);
    const bytes = exportFamily(trained, card, await codePriorOf(runtime, trained, card, judged));
    await writeFileAtomic(output, bytes);
    await checkpoint.remove();
    return resultOf(request, trained, corpus, gathered.problems, bytes, started);
  } finally {
    await runtime.close();
  }
}

async function refuseModelFile(request: TrainRequest, output: string): Promise<void> {
  if (!output.toLowerCase().endsWith('.onnx'))
    throw new LimpidError('E_USAGE', 'The model file must end in .onnx.', 'Give --out NAME.onnx.', output);
  if (await exists(output))
    throw new LimpidError(
      'E_EXISTS',
      'The model file exists already.',
      'Choose another name with --out, or remove it first.',
      output,
    );
  if (!(await exists(path.dirname(output))))
    throw new LimpidError(
      'E_NOT_FOUND',
      'The folder of the model file does not exist.',
      'Create it, or choose another with --out.',
      output,
    );
  for (const input of request.inputs)
    if ((await isInside(output, input)) && path.resolve(input) !== output)
      throw new LimpidError(
        'E_INSIDE_SOURCE',
        'The model file would lie inside an input.',
        'Choose a file outside it with --out.',
        output,
      );
}

/** @throws LimpidError E_NOT_FOUND, E_IO; E_MODEL for a model of another family or kind */
async function startOf(given: string, family: string): Promise<FamilyWeights> {
  const start = readFamilyWeights(await readModel(given));
  if (start.card.family === family) return start;
  throw new LimpidError(
    'E_MODEL',
    `The model to go on from is of the family ${start.card.family}, not ${family}.`,
    `Give --family ${start.card.family}, or another model.`,
  );
}

/** Splits, and scales planes where the family sees them whole. */
function corpusOf(
  request: TrainRequest,
  series: readonly CorpusSeries[],
  { wholePlanes: whole, timeSeries }: Family,
  start: FamilyWeights | null,
): readonly CorpusSeries[] {
  const split = splitCorpus(series, request.heldOut, new Random(request.seed).fork('split'), timeSeries);
  const side = planOf(request, split, 1, start?.card).size;
  return whole ? split.map((one) => wholePlanes(one, side)) : split;
}

async function planWithSteps(
  request: TrainRequest,
  corpus: readonly CorpusSeries[],
  runtime: Runtime,
  checkpoint: CheckpointFile,
  start: FamilyWeights | null,
): Promise<FamilyPlan> {
  const card = start?.card ?? null;
  if (request.budget?.unit !== 'minutes') return planOf(request, corpus, null, card);
  const known = await checkpoint.steps();
  const steps =
    known ?? (await pilotSteps(runtime, corpus, planOf(request, corpus, 1, card), request.budget.value));
  return planOf(request, corpus, steps, card);
}

function hooksOf(emit: Emit, plan: FamilyPlan, checkpoint: CheckpointFile): TrainingHooks {
  const meter = startMeter(emit, { series: null, stage: 'train', unit: 'steps', total: plan.steps });
  let late: number | null = null;
  return {
    onProgress({ step, loss, heldOut }) {
      // The loss of one batch jumps: what is told is a running mean.
      late = late === null ? loss : 0.95 * late + 0.05 * loss;
      meter.at(step, { loss: late, heldOut });
    },
    checkpoint: { load: checkpoint.load, save: checkpoint.save },
  };
}

function dataOf(gathered: Gathered, corpus: readonly CorpusSeries[]) {
  return {
    series: corpus.length,
    trainingPlanes: countSlices(corpus, SLICE_TRAINS),
    heldOutPlanes: countSlices(corpus, SLICE_JUDGES),
    modalities: gathered.modalities,
    noise: gathered.noise,
  };
}

function resultOf(
  request: TrainRequest,
  { model, result }: TrainedFamily,
  corpus: readonly CorpusSeries[],
  problems: readonly Problem[],
  bytes: Uint8Array,
  started: number,
): TrainResult {
  const best = result.curve.find(({ step }) => step === result.bestStep);
  return {
    type: 'result',
    command: 'train',
    exitCode: problems.length > 0 ? EXIT.failed : EXIT.done,
    family: model.family,
    objective: request.objective,
    parameters: parameterCount(model),
    steps: result.stepsDone,
    bestStep: result.bestStep,
    heldOut: best?.heldOut ?? null,
    measures: best?.measures ?? {},
    trainingPlanes: countSlices(corpus, SLICE_TRAINS),
    heldOutPlanes: countSlices(corpus, SLICE_JUDGES),
    seconds: (performance.now() - started) / 1000,
    sha256: sha256(bytes),
    bytes: bytes.length,
    problems: problems.map(withoutPlace),
    forPerson: { file: path.resolve(request.output) },
  };
}
