import * as path from 'node:path';
import { sha256 } from '../../base/files.js';
import { startMeter } from '../../base/progress.js';
import { VERSION } from '../../base/version.js';
import { type Problem, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { TrainResult } from '../../contract/model-results.js';
import type { TrainRequest } from '../../contract/requests/training.js';
import type { ModelWeights } from '../../model-files/model-file.js';
import { modelCard } from '../../model-files/trained-card.js';
import { familyNamed } from '../../models/families/families.js';
import type { Family } from '../../models/family.js';
import { parameterCount } from '../../models/parameters.js';
import { openRuntime } from '../../runtime/device.js';
import type { Runtime } from '../../runtime/types.js';
import { openRecord, type TrainingRecord } from '../../store/train-record.js';
import { type FamilyHooks, type FamilyPlan, type TrainedFamily, trainFamily } from '../../training/family.js';
import type { TrainingHooks } from '../../training/loop.js';
import {
  type CorpusSeries,
  countSlices,
  SLICE_JUDGES,
  SLICE_TRAINS,
  wholePlanes,
} from '../../training/samples/corpus.js';
import { isTrained, refuseModelFile, splitOf, startOf } from './train-check.js';
import { type CheckpointFile, checkpointFile, pilotSteps, requireSpaceFor } from './train-checkpoint.js';
import { type Gathered, gather } from './train-input.js';
import { saveThenTry } from './train-output.js';
import { planOf } from './train-plan.js';

/**
 * Trains an autoencoder family on the series of all inputs and writes it as one ONNX file.
 *
 * @throws LimpidError E_USAGE, E_EXISTS, E_RESUME, E_NOTHING, E_TOO_FEW, E_TOO_SMALL, E_DEVICE, E_TRAINING; as reading
 */
export async function runTrain(
  request: TrainRequest,
  emit: Emit,
  pace: Pick<TrainingHooks, 'checkpointSeconds' | 'wish'> = {},
): Promise<TrainResult> {
  const started = performance.now();
  const output = path.resolve(request.output);
  const family = familyNamed(request.family);
  // One that is only to be tried again may find the model that it saved.
  if (!(await isTrained(request))) await refuseModelFile(request);
  const record = request.record === undefined ? null : await openRecord(request.record);
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
    await requireSpaceFor(output, plan);
    const hooks = { ...pace, ...hooksOf(emit, plan, checkpoint, record) };
    const trained = await trainFamily(runtime, corpus, plan, hooks, null, start?.weights ?? null);
    const planeSide = family.wholePlanes ? plan.size : null;
    const facts = { version: VERSION, device, data: dataOf(gathered, corpus) };
    const judged = gathered.series.map((one, i) => ({ ...one, roles: corpus[i].roles }));
    const bare = modelCard(trained, facts, planeSide);
    const { card, bytes, where, untried } = await saveThenTry(runtime, request, trained, bare, judged, emit);
    await record?.card(card);
    await checkpoint.remove();
    const problems = [...gathered.problems, ...(untried === null ? [] : [untried])];
    return { ...resultOf(request, trained, corpus, problems, bytes, started), ...where };
  } finally {
    await runtime.close();
  }
}

/** Splits, and scales planes where the family sees them whole. */
function corpusOf(
  request: TrainRequest,
  series: readonly CorpusSeries[],
  { wholePlanes: whole }: Family,
  start: ModelWeights | null,
): readonly CorpusSeries[] {
  const split = splitOf(request, series);
  const side = planOf(request, split, 1, start?.card).size;
  return whole ? split.map((one) => wholePlanes(one, side)) : split;
}

async function planWithSteps(
  request: TrainRequest,
  corpus: readonly CorpusSeries[],
  runtime: Runtime,
  checkpoint: CheckpointFile,
  start: ModelWeights | null,
): Promise<FamilyPlan> {
  const card = start?.card ?? null;
  if (request.budget?.unit !== 'minutes') return planOf(request, corpus, null, card);
  const known = await checkpoint.steps();
  const steps =
    known ?? (await pilotSteps(runtime, corpus, planOf(request, corpus, 1, card), request.budget.value));
  return planOf(request, corpus, steps, card);
}

function hooksOf(
  emit: Emit,
  plan: FamilyPlan,
  checkpoint: CheckpointFile,
  record: TrainingRecord | null,
): FamilyHooks {
  const meter = startMeter(emit, { series: null, stage: 'train', unit: 'steps', total: plan.steps });
  let late: number | null = null;
  return {
    onProgress({ step, loss, heldOut }) {
      // The loss of one batch jumps: what is told is a running mean.
      late = late === null ? loss : 0.95 * late + 0.05 * loss;
      meter.at(step, { loss: late, heldOut });
    },
    onLearning: ({ points, best, preview }) => emit({ type: 'learning', points, best, preview }),
    ...(record === null ? {} : { previews: record.previews }),
    checkpoint: {
      load: checkpoint.load,
      save: checkpoint.save,
      moved: (problem) => emit({ type: 'warning', series: null, problem }),
    },
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
  };
}
