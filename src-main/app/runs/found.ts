import * as path from 'node:path';
import { sha256 } from '../../base/files.js';
import { fault } from '../../contract/errors.js';
import { verdictOf } from '../../contract/report.js';
import type { Verdict } from '../../contract/trust.js';
import type { FoundRun, JobRecord } from '../../contract/window/app.js';
import type { OpenInput } from '../../contract/window/opened.js';
import type { RunInFolder, RunSearch } from '../library/protocol.js';

interface RunPlace extends Pick<RunInFolder, 'folder' | 'trashed'> {
  /** Of its report: another run may lie in its place later. */
  readonly createdAt: string;
}

/** What stays of a run: a report may be large, and there may be many. */
interface KnownRun extends RunPlace {
  /** By the id of the series. */
  readonly verdicts: ReadonlyMap<string, Verdict | null>;
}

export interface FoundRuns {
  /** Runs that made something of a series, or made it, latest first. @throws LimpidError E_NOT_FOUND: it is not open */
  of(series: string): Promise<readonly FoundRun[]>;
  /** Where a run that was found lies. @throws LimpidError E_NOT_FOUND */
  placeOf(run: string): RunPlace;
  /** By the report of a run that was found; null: nothing was judged. @throws LimpidError E_NOT_FOUND */
  verdictOf(run: string, series: string): Verdict | null;
  /** Those that were found. */
  folders(): Iterable<string>;
}

export interface FoundRunsOptions {
  /** Its process reads the reports, and images that are told by what is in them. */
  readonly library: {
    inputs(): readonly OpenInput[];
    runs(search: RunSearch): Promise<readonly RunInFolder[]>;
  };
  readonly jobs: () => readonly JobRecord[];
  /** Where results go that do not go beside their input; null: there is no such folder. */
  readonly outputFolder: () => string | null;
}

/** Results as things of their own, whoever made them: the report of each run lies in its output folder. */
export function findRuns({ library, jobs, outputFolder }: FoundRunsOptions): FoundRuns {
  const places = new Map<string, KnownRun>();
  const placeOf = (run: string): KnownRun => {
    const place = places.get(run);
    if (place === undefined) throw fault('E_NOT_FOUND/run-report');
    return place;
  };
  return {
    async of(series) {
      const input = inputWith(library.inputs(), series);
      const ofJobs = new Map<string, JobRecord>();
      for (const job of jobs())
        if (job.request.type === 'denoise' && job.state !== 'running' && job.state !== 'waiting')
          ofJobs.set(path.resolve(job.request.output), job);
      const found = await library.runs({ ...input, folders: [...ofJobs.keys()], outputs: outputFolder() });
      return found
        .map((run) => {
          const { folder, report, accepted, trashed } = run;
          const id = sha256(folder).slice(0, 16);
          places.set(id, {
            ...{ folder, trashed, createdAt: report.createdAt },
            verdicts: new Map(report.series.map((one) => [one.id, verdictOf(one)])),
          });
          const job = ofJobs.get(trashed?.home ?? folder)?.id ?? null;
          return { id, folder, job, report, accepted, trashed: trashed?.at ?? null };
        })
        .sort((a, b) => b.report.createdAt.localeCompare(a.report.createdAt));
    },
    placeOf,
    verdictOf(run, series) {
      return placeOf(run).verdicts.get(series) ?? null;
    },
    folders: () => [...places.values()].map(({ folder }) => folder),
  };
}

function inputWith(inputs: readonly OpenInput[], series: string) {
  for (const { paths, series: cards } of inputs) {
    const card = cards.find(({ key }) => key === series);
    if (card !== undefined) return { card, paths };
  }
  throw fault('E_NOT_FOUND/series-closed');
}
