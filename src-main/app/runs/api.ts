import * as path from 'node:path';
import { isInside } from '../../base/files.js';
import { isBelow } from '../../base/own-folder.js';
import { fault } from '../../contract/errors.js';
import type { AppApi, AppEvent, JobRecord } from '../../contract/window/app.js';
import type { OpenInput } from '../../contract/window/opened.js';
import { reportIn } from '../results/report-file.js';
import { accept, acceptedOf } from '../results/review.js';
import { moveToTrash, restore, trashedIn } from '../results/trash.js';
import type { FoundRuns } from './found.js';

type RunCalls = Pick<AppApi, 'runsOf' | 'acceptRun' | 'trashRun' | 'restoreRun' | 'reviewOf'>;

export interface RunCallsOptions {
  readonly runs: FoundRuns;
  /** @throws LimpidError E_NOT_FOUND */
  readonly record: (job: string) => JobRecord;
  readonly jobs: () => readonly JobRecord[];
  readonly inputs: () => readonly OpenInput[];
  /** Tells the open inputs that a folder was moved away, or is back. */
  readonly moved: (folder: string, isBack: boolean) => Promise<void>;
  readonly closeInput: (input: string) => Promise<void>;
  readonly publish: (event: AppEvent) => void;
  /** Whether something of a run is being sent. */
  readonly isOnItsWay: (run: string) => boolean;
}

/** What a person does with results: accept them, take them back, and bring them back. */
export function runCalls({
  runs,
  record,
  jobs,
  inputs,
  moved,
  closeInput,
  publish,
  isOnItsWay,
}: RunCallsOptions): RunCalls {
  const refuseRead = async (folder: string): Promise<void> => {
    for (const { request, state } of jobs()) {
      if (state !== 'running' && state !== 'waiting') continue;
      for (const one of pathsOf(request))
        if (await isInside(one, folder)) throw fault('E_USAGE/result-in-use');
    }
  };
  return {
    runsOf: (series) => runs.of(series),
    async acceptRun(run, series, accepted) {
      const { folder, trashed } = runs.placeOf(run);
      const report = await reportIn(folder);
      if (report === null || trashed !== null) throw fault('E_NOT_FOUND/result');
      await accept(folder, report, series, accepted ? new Date().toISOString() : null);
      publish({ type: 'runs' });
    },
    async trashRun(run) {
      const { folder, trashed } = runs.placeOf(run);
      const report = await reportIn(folder);
      if (report === null || trashed !== null) throw fault('E_NOT_FOUND/result');
      await refuseRead(folder);
      if (isOnItsWay(run)) throw fault('E_USAGE/result-in-use');
      const made = report.series.flatMap(({ outputs }) => outputs);
      await moveToTrash(folder, made, new Date().toISOString());
      // What was opened of it would be read where it is no longer.
      for (const { id, paths } of inputs())
        if (paths.every((one) => isBelow(one, folder))) await closeInput(id);
      await moved(path.resolve(folder), false);
      publish({ type: 'runs' });
    },
    async restoreRun(run) {
      const { trashed } = runs.placeOf(run);
      if (trashed === null) throw fault('E_NOT_FOUND/result');
      await restore(trashed);
      await moved(trashed.home, true);
      publish({ type: 'runs' });
    },
    async reviewOf(job) {
      const { request } = record(job);
      if (request.type !== 'denoise') return { accepted: [], trashed: false };
      const report = await reportIn(request.output);
      if (report !== null)
        return { accepted: Object.keys(await acceptedOf(request.output, report)), trashed: false };
      const home = path.resolve(request.output);
      const trash = await trashedIn(path.dirname(home));
      return { accepted: [], trashed: trash.some((one) => one.home === home) };
    },
  };
}

/**
 * Every text of a request that is an absolute path, or a list of such: what a job reads, whatever its type calls it, and
 * where it writes. Its output would go with the folder too.
 */
function pathsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return path.isAbsolute(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsOf) : [];
}
