import { SvelteMap } from 'svelte/reactivity';
import type { SeriesReport } from '../../src-main/contract/report.js';
import type { DeviceName } from '../../src-main/contract/requests/choices.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type {
  AppApi,
  AppEvent,
  FoundRun,
  JobId,
  JobRecord,
  JobReview,
} from '../../src-main/contract/window/app.js';
import type { SeriesCard, SeriesKey } from '../../src-main/contract/window/opened.js';
import type { Library } from './library.svelte.js';
import type { Queue } from './queue.svelte.js';
import { outputPaths, type RunPaths } from './results.js';

/** What one run made of one series: a thing of its own, with its own verdict. */
export interface Run extends FoundRun {
  /** What the run was of; of a derived series that is open alone, its own card. */
  readonly card: SeriesCard;
  readonly series: SeriesReport;
  /** Where it read and wrote. */
  readonly paths: RunPaths;
  /** As it was asked for; null where it was not asked for here. */
  readonly request: DenoiseRequest | null;
}

/** When a person accepted what a run made of its series; null: nobody did. */
export function acceptedAt({ accepted, series }: Pick<Run, 'accepted' | 'series'>): string | null {
  return accepted[series.id] ?? null;
}

/** The runs of series that were looked at. */
export class Runs {
  private readonly found = new SvelteMap<SeriesKey, readonly FoundRun[]>();
  private readonly reviews = new SvelteMap<JobId, JobReview>();
  private readonly asked = new Map<string, number>();
  private readonly api: AppApi;
  private readonly library: Library;
  private readonly queue: Queue;

  constructor(api: AppApi, library: Library, queue: Queue) {
    this.api = api;
    this.library = library;
    this.queue = queue;
  }

  /** Looks for the runs of a series again, while it is open. @throws LimpidError those of reading */
  async load(series: SeriesKey): Promise<void> {
    if (this.library.card(series) === null) return;
    try {
      await this.latest(series, () => this.api.runsOf(series), this.found);
    } catch (error) {
      // Of a series that was closed meanwhile nobody wants to know.
      if (this.library.card(series) !== null) throw error;
    }
  }

  /** What was accepted of a job, or whether it is in the trash; asked for where it is not known. */
  async loadReview(job: JobId): Promise<void> {
    await this.latest(job, () => this.api.reviewOf(job), this.reviews);
  }

  /** null until it was asked for. */
  reviewOf(job: JobId): JobReview | null {
    return this.reviews.get(job) ?? null;
  }

  /** What was known of runs and reviews is asked for again where a result was accepted, moved or brought back. */
  async handle(event: AppEvent): Promise<void> {
    if (event.type !== 'runs') return;
    const [series, jobs] = [[...this.found.keys()], [...this.reviews.keys()]];
    await Promise.all([
      ...series.map((key) => this.load(key)),
      ...jobs.map((job) =>
        this.loadReview(job).catch(() => {
          // a job that was forgotten meanwhile has no row any more
          this.reviews.delete(job);
        }),
      ),
    ]);
  }

  /** Latest first, those in the trash too; null until they were looked for. */
  of(card: SeriesCard): readonly Run[] | null {
    const found = this.found.get(card.key);
    if (found === undefined) return null;
    return found.flatMap((run) => {
      const series = seriesOf(run, card);
      return series === null ? [] : [this.made(run, card, series)];
    });
  }

  /** Keeps the answer to the question that was asked last: answers may come in another order. */
  private async latest<T>(key: string, ask: () => Promise<T>, into: Map<string, T>): Promise<void> {
    const mine = (this.asked.get(key) ?? 0) + 1;
    this.asked.set(key, mine);
    const answer = await ask();
    if (this.asked.get(key) === mine) into.set(key, answer);
  }

  private made(run: FoundRun, card: SeriesCard, series: SeriesReport): Run {
    const job: JobRecord | undefined = this.queue.state.jobs.find(({ id }) => id === run.job);
    const request = job?.request.type === 'denoise' ? job.request : null;
    const input = request?.input ?? this.library.pathOf(card) ?? run.folder;
    return { ...run, card, series, paths: { input, output: run.folder }, request };
  }
}

function seriesOf({ report }: FoundRun, card: SeriesCard): SeriesReport | null {
  const made = report.series.find(({ outputs }) =>
    outputs.some(({ seriesInstanceUid: uid }) => uid !== null && uid === card.seriesInstanceUid),
  );
  return made ?? report.series.find(({ id }) => id === card.id) ?? null;
}

/** The request that a run was; null where it took a model file that it did not leave, so that nobody knows where that is. */
export function requestOfRun(
  { request, report, paths, series }: Run,
  device: DeviceName,
): DenoiseRequest | null {
  if (request !== null) return request;
  const asked = report.request;
  const { kind } = asked.model;
  const hasModel = series.outputs.some(({ role }) => role === 'model');
  if (kind === 'file' && !hasModel) return null;
  return {
    type: 'denoise',
    input: paths.input,
    output: paths.output,
    // That which the run left takes its place.
    model: { kind: kind === 'file' ? 'auto' : kind },
    ...(asked.clean === null ? {} : { clean: asked.clean }),
    objective: asked.objective,
    steps: asked.steps,
    seed: asked.seed,
    strength: asked.strength,
    device,
    errorMap: asked.errorMap,
    force: asked.force,
    ...(asked.uncertainty ? { uncertainty: true } : {}),
  };
}

/** The run that made what a card shows; null where none of these did. @param path the input that the card is of */
export function runOf(runs: readonly Run[], card: SeriesCard, path: string | null): Run | null {
  return runs.find((run) => didMake(run, card, path)) ?? null;
}

function didMake(run: Run, card: SeriesCard, path: string | null): boolean {
  const images = run.series.outputs.filter(({ role }) => role === 'denoised');
  if (card.kind === 'dicom')
    return images.some(({ seriesInstanceUid: uid }) => uid === card.seriesInstanceUid);
  return path !== null && outputPaths(run.paths, run.series, 'denoised', run.card).includes(path);
}
