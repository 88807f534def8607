import * as path from 'node:path';
import { codePriorsOf } from '../../analysis/code-prior.js';
import { placesOf, withNormalScores } from '../../analysis/normal-scores.js';
import { exists, sha256, writeFileAtomic } from '../../base/files.js';
import { LimpidError, type Problem, problemOf } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { TrainResult } from '../../contract/model-results.js';
import type { ModelCard, ModelEntry } from '../../contract/models.js';
import type { TrainRequest } from '../../contract/requests/training.js';
import { exportModel, readModelWeights } from '../../model-files/model-file.js';
import type { Runtime } from '../../runtime/types.js';
import { factsOf } from '../../store/model-facts.js';
import { deleteModel, keepModel, listModels, readKept, readModel } from '../../store/model-store.js';
import type { TrainedFamily } from '../../training/family.js';
import type { CorpusSeries } from '../../training/samples/corpus.js';

/** A model that a training left, and how its person finds it. */
export interface KeptModel {
  readonly card: ModelCard;
  readonly bytes: Uint8Array;
  readonly where: Pick<TrainResult, 'kept' | 'forPerson'>;
  /** Set where the model was saved, but could not be tried. */
  readonly untried: Problem | null;
}

/**
 * Saves a trained model, then tries it on the images that judged and saves it again with what these tell. A trial that
 * fails, or ends the process, takes nothing along: the model is there.
 *
 * @param judged the corpus on its own grid
 * @throws LimpidError E_IO, E_EXISTS
 */
export async function saveThenTry(
  runtime: Runtime,
  request: TrainRequest,
  trained: TrainedFamily,
  card: ModelCard,
  judged: readonly CorpusSeries[],
  emit: Emit,
): Promise<KeptModel> {
  const plain = exportModel(trained, card);
  const where = await keep(request, card, plain);
  try {
    const places = placesOf(judged);
    const scored = await withNormalScores(runtime, trained, card, places, judged);
    const priors = await codePriorsOf(runtime, trained, scored, judged);
    const bytes = exportModel(trained, scored, { ...priors, places });
    return { card: scored, bytes, where: await keep(request, scored, bytes), untried: null };
  } catch (error) {
    if (!(error instanceof LimpidError) || error.code === 'E_IO') throw error;
    const untried = notTried(error);
    emit({ type: 'warning', series: null, problem: untried });
    return { card, bytes: plain, where, untried };
  }
}

function notTried({ saying }: LimpidError): Problem {
  return problemOf('W_UNTRIED/model', { why: saying });
}

/** Makes the model visible: in the library, or as the file that was asked for. One of the same weights gives way. */
async function keep(
  { output, keepAs }: TrainRequest,
  card: ModelCard,
  bytes: Uint8Array,
): Promise<KeptModel['where']> {
  if (keepAs === undefined) {
    const file = path.resolve(output);
    const replace = (await exists(file)) && holds(await readModel(file), card);
    await writeFileAtomic(file, bytes, { replace });
    return { forPerson: { file } };
  }
  const earlier = (await listModels()).find(({ name }) => name === keepAs);
  if (earlier !== undefined && earlier.sha256 !== sha256(bytes) && (await isOf(earlier, card)))
    await deleteModel(earlier);
  const { id } = await keepModel(bytes, { name: keepAs, ...factsOf(card), origin: 'trained' });
  return { kept: id };
}

async function isOf(entry: ModelEntry, card: ModelCard): Promise<boolean> {
  return holds(await readKept(entry), card);
}

function holds(bytes: Uint8Array, { weightsSha256 }: ModelCard): boolean {
  try {
    return readModelWeights(bytes).card.weightsSha256 === weightsSha256;
  } catch (error) {
    if (error instanceof LimpidError) return false;
    throw error;
  }
}
