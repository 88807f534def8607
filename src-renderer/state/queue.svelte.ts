import { SvelteMap } from 'svelte/reactivity';
import { fault } from '../../src-main/contract/errors.js';
import { Report } from '../../src-main/contract/report.js';
import { readText } from '../../src-main/contract/schema/schema.js';
import type {
  AppApi,
  AppBridge,
  AppEvent,
  JobId,
  JobRecord,
  JobState,
  QueueState,
} from '../../src-main/contract/window/app.js';
import { type JobView, NO_EVENTS, withEvent } from './progress.js';

/** The jobs, what is known of the running one, and the reports of those that ended. */
export class Queue {
  state = $state.raw<QueueState>({ paused: false, jobs: [] });
  running = $derived(this.state.jobs.find(({ state }) => state === 'running') ?? null);
  waiting = $derived(this.state.jobs.filter(({ state }) => state === 'waiting'));
  views = new SvelteMap<JobId, JobView>();
  /** Called when a job that was running has ended. */
  onEnded: (job: JobRecord) => void = () => {};
  private readonly bridge: AppBridge;
  private readonly api: AppApi;
  private readonly reports = new Map<JobId, Promise<Report>>();

  constructor(bridge: AppBridge) {
    this.bridge = bridge;
    this.api = bridge.api;
  }

  async load(): Promise<void> {
    this.state = await this.api.jobs();
    for (const { id, state, progress } of this.state.jobs)
      if (state === 'running') {
        const log = await this.api.jobLog(id);
        const events = progress === null ? log : [...log, progress];
        this.views.set(id, events.reduce(withEvent, NO_EVENTS));
      }
  }

  handle(event: AppEvent): void {
    if (event.type === 'job') {
      const view = this.views.get(event.job) ?? NO_EVENTS;
      this.views.set(event.job, withEvent(view, event.event));
    } else if (event.type === 'queue') this.follow(event.queue);
  }

  /** Reads what a job told before this window was there, where it is not known. */
  async recall(job: JobId): Promise<void> {
    if (this.views.has(job)) return;
    const log = await this.api.jobLog(job);
    if (!this.views.has(job)) this.views.set(job, log.reduce(withEvent, NO_EVENTS));
  }

  viewOf(job: JobRecord): JobView {
    return this.views.get(job.id) ?? NO_EVENTS;
  }

  /** report.json of a job that ended. @throws LimpidError E_NOT_FOUND, where it left none */
  report(job: JobId): Promise<Report> {
    const known = this.reports.get(job);
    if (known !== undefined) return known;
    const loading = this.loadReport(job);
    this.reports.set(job, loading);
    // Who asked gets the error; here it only makes the next one ask again.
    loading.catch(() => this.reports.delete(job));
    return loading;
  }

  private async loadReport(job: JobId): Promise<Report> {
    const response = await fetch(this.bridge.resourceUrl({ kind: 'report', job, format: 'json' }));
    const report = readText(Report, response.ok ? await response.text() : '');
    if (report.fits) return report.value;
    throw fault('E_NOT_FOUND/run-report');
  }

  private follow(next: QueueState): void {
    const before = new Map<JobId, JobState>(this.state.jobs.map(({ id, state }) => [id, state]));
    this.state = next;
    for (const job of next.jobs) {
      const was = before.get(job.id);
      // A run that starts again tells everything again.
      if (job.state === 'running' && was !== undefined && was !== 'running' && was !== 'waiting')
        this.views.set(job.id, NO_EVENTS);
      const ended = job.state !== 'running' && job.state !== 'waiting';
      if (ended && (was === 'running' || was === 'waiting')) {
        this.reports.delete(job.id);
        this.onEnded(job);
      }
    }
  }
}
