import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError } from '../base/files.js';
import { errorFrom, fault, type LimpidError } from '../contract/errors.js';
import type { ResultEvent } from '../contract/events.js';
import type { FamilyChoices } from '../contract/requests/families.js';
import type { JobRequest } from '../contract/requests/requests.js';
import type { TrainingShape, TrainRequest } from '../contract/requests/training.js';
import type { JobId, JobRecord, TrainingCheck } from '../contract/window/app.js';
import type { RunningJob } from '../process/client.js';
import { checkpointPath } from '../store/checkpoint-path.js';
import { RECORD_FILES } from '../store/record-files.js';

/** What the app knows of trainings: each has a folder of its own, for what the window shows of it. */
export interface Trainings {
  /** The request that is run: with the folder of the job, and resuming where there is something to go on from. */
  prepared(request: TrainRequest, job: JobId, again: boolean): TrainRequest;
  families(): Promise<FamilyChoices>;
  /** Ends a check that still runs. */
  check(request: TrainRequest, series: readonly TrainingShape[]): Promise<TrainingCheck>;
  /** @throws LimpidError E_NOT_FOUND, E_IO */
  patches(job: JobRecord, step: number | null): Promise<Uint8Array>;
  card(job: JobRecord): Promise<Uint8Array>;
  /** Removes the folder of a job. */
  forget(job: JobId): void;
}

/** @param ask runs a request in a compute process, beside the queue */
export function openTrainings(home: string, ask: (request: JobRequest) => RunningJob): Trainings {
  const folderOf = (job: JobId): string => path.join(home, 'trainings', job);
  let families: Promise<FamilyChoices> | null = null;
  let checking: RunningJob | null = null;

  const prepared = (request: TrainRequest, job: JobId, again: boolean): TrainRequest => {
    const record = folderOf(job);
    const output = request.keepAs === undefined ? request.output : path.join(record, RECORD_FILES.model);
    // Training goes on where it was stopped only when it is told to.
    return {
      ...request,
      record,
      output,
      resume: again ? existsSync(checkpointPath(path.resolve(output))) : request.resume,
    };
  };
  const read = async ({ id, request }: JobRecord, name: string): Promise<Uint8Array> => {
    if (request.type !== 'train') throw fault('E_NOT_FOUND/training');
    const file = path.join(folderOf(id), name);
    try {
      return await fs.readFile(file);
    } catch (error) {
      throw asFileError(error, file);
    }
  };
  const loadFamilies = async (): Promise<FamilyChoices> => {
    const result = await ask({ type: 'families' }).result;
    if (result.command === 'families' && 'families' in result) return result;
    throw problemOf(result);
  };

  return {
    prepared,
    families() {
      families ??= loadFamilies();
      // Who asked gets the error; here it only makes the next one ask again.
      families.catch(() => {
        families = null;
      });
      return families;
    },
    async check(request, series) {
      checking?.cancel();
      const process = ask({ type: 'check-training', request, series });
      checking = process;
      const result = await process.result;
      if (checking !== process) return { facts: null, problem: null };
      checking = null;
      if ('facts' in result) return { facts: result.facts, problem: null };
      if ('stopped' in result) return { facts: null, problem: result.stopped };
      throw problemOf(result);
    },
    patches: (job, step) => read(job, step === null ? RECORD_FILES.patches : RECORD_FILES.rebuilt(step)),
    card: (job) => read(job, RECORD_FILES.card),
    // The records of a job that is forgotten are read by nobody: what stays of them only takes its room.
    forget: (job) => void fs.rm(folderOf(job), { recursive: true, force: true }).catch(() => undefined),
  };
}

function problemOf(result: ResultEvent): LimpidError {
  if ('stopped' in result) return errorFrom(result.stopped);
  return fault('E_INTERNAL/compute-answer');
}
