import * as fs from 'node:fs/promises';
import { asFileError, exists, hasCode, requireSpace, writeFileAtomic } from '../../base/files.js';
import { fault } from '../../contract/errors.js';
import { parameterCount } from '../../models/parameters.js';
import type { Runtime } from '../../runtime/types.js';
import { checkpointPath } from '../../store/checkpoint-path.js';
import { decodeCheckpoint } from '../../training/checkpoint.js';
import { type FamilyPlan, modelOf, trainFamily } from '../../training/family.js';
import type { CorpusSeries } from '../../training/samples/corpus.js';

/** The checkpoint of a run, beside the model file that it will become. */
export interface CheckpointFile {
  readonly load: () => Promise<Uint8Array | null>;
  readonly save: (bytes: Uint8Array) => Promise<void>;
  /** Steps of the whole run that is to be resumed; null for a new one. */
  readonly steps: () => Promise<number | null>;
  /** Whether the run had ended, and only what follows the training is left to do. */
  readonly finished: () => Promise<boolean>;
  readonly remove: () => Promise<void>;
}

/**
 * @throws LimpidError E_EXISTS when a run was stopped and is not to be resumed; E_RESUME when there is none to resume
 */
export async function checkpointFile(output: string, resume: boolean): Promise<CheckpointFile> {
  const file = checkpointPath(output);
  const found = await exists(file);
  if (found && !resume) throw fault('E_EXISTS/stopped-run', {}, file);
  if (!found && resume) throw fault('E_RESUME/no-stopped-run', {}, file);
  const load = async (): Promise<Uint8Array | null> => {
    try {
      return await fs.readFile(file);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw asFileError(error, file);
    }
  };
  return {
    load,
    save: (bytes) => writeFileAtomic(file, bytes, { replace: true }),
    async steps() {
      const bytes = await load();
      return bytes === null ? null : decodeCheckpoint(bytes).steps;
    },
    async finished() {
      const bytes = await load();
      return bytes !== null && decodeCheckpoint(bytes).finished;
    },
    remove: () => fs.rm(file, { force: true }),
  };
}

/** Per parameter: in a checkpoint two moments and three sets of weights, in a model file the graphs and the weights by name. */
const BYTES_A_PARAMETER = 5 * 4 + 4 * 5.4;
/** Graphs, card and codes. */
const MORE_BYTES = 2e6;

/** A run that ends for want of space would be lost. @throws LimpidError E_IO */
export function requireSpaceFor(output: string, plan: FamilyPlan): Promise<void> {
  return requireSpace(output, MORE_BYTES + BYTES_A_PARAMETER * parameterCount(modelOf(plan)));
}

const PILOT_STEPS = 24;
/** Steps left out of the measurement, while the device warms up. */
const WARM_STEPS = 4;

/** How many steps fit into some minutes, from a short run that is thrown away. */
export async function pilotSteps(
  runtime: Runtime,
  corpus: readonly CorpusSeries[],
  plan: FamilyPlan,
  minutes: number,
): Promise<number> {
  const budget = 60_000 * minutes;
  const started = performance.now();
  let warm = started;
  let done = 0;
  const pilot = { ...plan, steps: PILOT_STEPS, evaluateEvery: PILOT_STEPS };
  await trainFamily(runtime, corpus, pilot, {
    onProgress({ step }) {
      if (step <= WARM_STEPS) warm = performance.now();
      // The last step ends with the held-out measurement.
      else if (step < PILOT_STEPS) done = performance.now() - warm;
    },
  });
  const each = done / (PILOT_STEPS - WARM_STEPS - 1);
  return Math.max(1, Math.floor((budget - (performance.now() - started)) / Math.max(each, 0.01)));
}
