import type { DenoiseRequest, JobRequest } from '../../src-main/contract/requests/requests.js';
import type {
  AppBridge,
  AppEvent,
  JobId,
  JobRecord,
  MenuCommand,
} from '../../src-main/contract/window/app.js';
import type { OpenInput, SeriesCard, SeriesKey } from '../../src-main/contract/window/opened.js';
import { t, tName, tn } from '../words/text.svelte.js';
import type { Choices } from './denoise-choices.js';
import { DenoiseDraft } from './denoise-draft.svelte.js';
import { Devices } from './devices.svelte.js';
import { Library } from './library.svelte.js';
import { LookedAt, type Place } from './looked-at.svelte.js';
import { Models } from './models.svelte.js';
import { Navigation } from './navigation.svelte.js';
import { WatchedNode } from './network/node.svelte.js';
import { Sendings } from './network/sendings.svelte.js';
import { Updates } from './network/updates.svelte.js';
import { Watches } from './network/watches.svelte.js';
import { Outputs } from './outputs.js';
import { inputsOfFiles } from './paths.js';
import { Picker } from './picker.svelte.js';
import { Preferences } from './preferences.svelte.js';
import { Queue } from './queue.svelte.js';
import {
  areOpen,
  comparisonOf,
  pathsToOpen,
  problemOf,
  type RunPaths,
  type SeriesOutputs,
  seriesOfReport,
  sourceOf,
} from './results.js';
import { type Run, Runs } from './runs.svelte.js';
import { ShownJobs } from './shown-jobs.svelte.js';
import { Toasts } from './toasts.svelte.js';

/** The stores of a window, from its opening to its end, and what concerns several of them. */
export class Session {
  readonly bridge: AppBridge;
  readonly toasts = new Toasts();
  readonly navigation = new Navigation();
  readonly shownJobs = new ShownJobs();
  readonly preferences: Preferences;
  readonly library: Library;
  readonly queue: Queue;
  readonly models: Models;
  readonly devices: Devices;
  readonly picker: Picker;
  readonly outputs: Outputs;
  readonly lookedAt: LookedAt;
  readonly draft: DenoiseDraft;
  readonly runs: Runs;
  readonly sendings: Sendings;
  readonly node: WatchedNode;
  readonly watches: Watches;
  readonly updates: Updates;
  /** Whether the app answers. */
  connected = $state(true);
  private ending: (() => void)[] = [];

  constructor(bridge: AppBridge) {
    const { api } = bridge;
    this.bridge = bridge;
    this.preferences = new Preferences(api, this.toasts);
    this.library = new Library(api);
    this.queue = new Queue(bridge);
    this.models = new Models(api);
    this.devices = new Devices(api, this.toasts);
    this.picker = new Picker(api, this.preferences, this.toasts);
    this.outputs = new Outputs(api, this.preferences, this.queue);
    this.lookedAt = new LookedAt(this.library);
    this.runs = new Runs(api, this.library, this.queue);
    this.draft = new DenoiseDraft(this.preferences, () => this.lookedAt.subject?.key ?? null);
    this.sendings = new Sendings(api);
    this.node = new WatchedNode(api);
    this.watches = new Watches(api);
    this.updates = new Updates(api);
    this.sendings.onEnded = ({ state, target }) =>
      this.toasts.announce(t(state === 'sent' ? 'say.sent' : 'say.notSent', { target }));
    this.queue.onEnded = (job) => void this.ended(job);
  }

  async start(): Promise<void> {
    this.ending.push(this.bridge.subscribe((event) => this.handle(event)));
    await this.load();
    const unread = await this.toasts.guard(() => this.bridge.api.unreadFiles());
    for (const problem of unread ?? []) this.toasts.problem(problem);
  }

  private async load(): Promise<void> {
    await this.toasts.guard(async () => {
      await this.preferences.load();
      await Promise.all([this.library.load(), this.queue.load(), this.sendings.load(), this.updates.load()]);
    });
  }

  end(): void {
    for (const end of this.ending.splice(0)) end();
  }

  async chooseAndOpen(what: 'open-folder' | 'open-files'): Promise<void> {
    const paths = await this.picker.choose(what);
    if (paths.length > 0) await this.open(what === 'open-folder' ? paths : inputsOfFiles(paths));
  }

  /** Opens inputs, each by its own path, and shows them in Studies, where the first of them is. */
  async open(paths: readonly string[]): Promise<void> {
    await this.navigation.go('studies');
    const { selected } = this.lookedAt;
    const opened: string[] = [];
    for (const path of paths) {
      const id = await this.toasts.guard(() => this.library.open(path));
      if (id !== null) opened.push(id);
    }
    const [first] = opened;
    if (first !== undefined) void this.selectIn(first, selected);
    await this.toasts.guard(() => this.preferences.loadRecent());
  }

  /** Selects the first series of an input once it is read, unless a person has selected another one meanwhile. */
  private async selectIn(input: string, selected: SeriesKey | null): Promise<void> {
    const [first] = (await this.library.whenRead(input)).series;
    if (first !== undefined && this.lookedAt.selected === selected) this.lookedAt.selected = first.key;
  }

  async openUploaded(paths: readonly string[]): Promise<void> {
    this.outputs.avoid(paths);
    await this.open(paths);
  }

  async close(input: string): Promise<void> {
    await this.toasts.guard(() => this.bridge.api.closeInput(input));
    this.lookedAt.leave(input);
  }

  /** Shows a series in the viewer. */
  async view(card: SeriesCard, place: Place | null = null): Promise<void> {
    this.lookedAt.show(card, place);
    await this.navigation.go('viewer');
  }

  /** The Denoise panel of the series that is selected. */
  async openDenoise(): Promise<void> {
    this.lookedAt.panel = true;
    const { card } = this.lookedAt;
    if (card === null) await this.navigation.go('studies');
    else if (this.navigation.screen !== 'viewer') await this.view(card);
    if (card !== null) this.lookedAt.toStart = true;
  }

  /** The Denoise panel with a model chosen; where no series is selected, Studies to select one. */
  async denoiseWith(model: Pick<Choices, 'model' | 'path'>): Promise<void> {
    if (this.lookedAt.card === null) this.toasts.say(t('models.selectFirst'));
    await this.openDenoise();
    this.draft.change(model);
  }

  /** A model of the library on its screen. */
  async showModel(id: string): Promise<void> {
    this.shownJobs.modelSection = 'list';
    await this.navigation.go('models', id);
  }

  async startJob(request: JobRequest, place: 'first' | 'last'): Promise<JobId | null> {
    const id = await this.toasts.guard(() => this.bridge.api.startJob(request, place));
    if (id !== null) this.toasts.announce(t('say.jobQueued'));
    return id;
  }

  async cancelRunning(): Promise<void> {
    const { running } = this.queue;
    if (running !== null) await this.toasts.guard(() => this.bridge.api.cancelJob(running.id));
  }

  /** Opens what a finished job made: images beside their source, a latent map, new images. */
  async showResult({ id, request }: JobRecord): Promise<void> {
    switch (request.type) {
      case 'train':
        this.shownJobs.training = id;
        await this.navigation.go('train');
        break;
      case 'latent':
        this.shownJobs.map = id;
        this.shownJobs.modelSection = 'map';
        await this.navigation.go('models');
        break;
      case 'index':
        this.shownJobs.index = id;
        this.shownJobs.modelSection = 'index';
        await this.navigation.go('models');
        break;
      case 'segment':
        this.shownJobs.segments = id;
        this.shownJobs.modelSection = 'segments';
        await this.navigation.go('models');
        break;
      case 'probe':
        this.shownJobs.probe = id;
        this.shownJobs.modelSection = 'probe';
        await this.navigation.go('models');
        break;
      case 'generate':
        this.shownJobs.samples = id;
        this.shownJobs.modelSection = 'samples';
        await this.navigation.go('models');
        break;
      case 'denoise':
        await this.toasts.guard(() => this.showDenoised(id, request));
        break;
      default:
        break;
    }
  }

  private async showDenoised(job: JobId, request: DenoiseRequest): Promise<void> {
    const report = await this.queue.report(job);
    const wanted = request.only?.[0] ?? this.lookedAt.subject?.id ?? null;
    const series = seriesOfReport(report, wanted);
    if (series === null || series.status !== 'done') return;
    await this.library.openWhole([request.input]);
    await this.openOutputs(request, series, true);
    if (!this.lookedAt.compare(comparisonOf(this.library.inputs, request, series))) return;
    await this.navigation.go('viewer');
    this.toasts.announce(t('say.resultShown'));
  }

  /** Shows what a run made beside what it was made of, or beside what another run made of the same. */
  async showRun(run: Run, against: Run | null = null): Promise<void> {
    await this.toasts.guard(async () => {
      await this.openOutputs(run.paths, run.series);
      if (against !== null) await this.openOutputs(against.paths, against.series);
      const { inputs } = this.library;
      const found = comparisonOf(inputs, run.paths, run.series);
      const other = against === null ? null : comparisonOf(inputs, against.paths, against.series).after;
      if (this.lookedAt.compare(other === null ? found : { ...found, before: other }))
        this.toasts.announce(t('say.resultShown'));
    });
  }

  async acceptRun(run: Run, accepted: boolean): Promise<void> {
    const done = await this.toasts.guard(async () => {
      await this.bridge.api.acceptRun(run.id, run.series.id, accepted);
      return true;
    });
    if (done) this.toasts.announce(t(accepted ? 'runs.saidAccepted' : 'runs.saidNotAccepted'));
  }

  /** Moves the output of a run to the trash, and offers to bring it back. The source stays on screen. */
  async trashRun(run: Run, name: string): Promise<void> {
    const { source } = this.lookedAt.shown;
    if (source !== null && source.key === run.card.key)
      this.lookedAt.compare({ source, before: source, after: null, errorMap: null });
    else this.lookedAt.leave(run.card.input);
    const before = new Set(this.runs.of(run.card)?.map(({ id }) => id));
    const moved = await this.toasts.guard(async () => {
      await this.bridge.api.trashRun(run.id);
      await this.runs.load(run.card.key);
      return true;
    });
    if (!moved) return;
    const there = this.runs.of(run.card)?.find(({ id, trashed }) => trashed !== null && !before.has(id));
    const action =
      there === undefined ? null : { label: t('runs.restore'), run: () => void this.restoreRun(there) };
    this.toasts.say(t('runs.trashed', { name }), action);
    this.toasts.announce(t('runs.trashed', { name }));
  }

  async restoreRun(run: Pick<Run, 'id'>): Promise<void> {
    const done = await this.toasts.guard(async () => {
      await this.bridge.api.restoreRun(run.id);
      return true;
    });
    if (done) this.toasts.announce(t('runs.saidRestored'));
  }

  /** `again`: they are new, and what was open of them is not. */
  private async openOutputs(paths: RunPaths, series: SeriesOutputs, again = false): Promise<void> {
    if (!again && areOpen(this.library.inputs, series)) return;
    const source = sourceOf(this.library.inputs, paths, series);
    for (const outputs of pathsToOpen(paths, series, source)) await this.library.openWhole(outputs, again);
  }

  private handle(event: AppEvent): void {
    const scanning = new Set(this.library.scanning.map(({ id }) => id));
    this.library.handle(event);
    this.queue.handle(event);
    this.sendings.handle(event);
    this.updates.handle(event);
    this.models.handle(event);
    void this.toasts.guard(() => this.runs.handle(event));
    if (event.type === 'connection') this.connection(event.alive);
    else if (event.type === 'command') this.command(event.command);
    else if (event.type === 'crash') this.toasts.problem(event.problem);
    else if (event.type === 'input' && scanning.has(event.input.id)) this.scanned(event.input);
  }

  /** What the app told while nobody heard it is asked for again. */
  private connection(alive: boolean): void {
    if (alive === this.connected) return;
    this.connected = alive;
    if (alive) void this.load();
  }

  /** An input that was being scanned tells of itself. */
  private scanned({ state, series, problem, problems }: OpenInput): void {
    if (state === 'ready') {
      this.toasts.announce(tn('say.scanned', series.length));
      const [first] = problems;
      if (series.length === 0 && first !== undefined) this.toasts.problem(first);
      if (this.lookedAt.card === null) this.lookedAt.selected = series[0]?.key ?? null;
    }
    if (state === 'failed' && problem !== null) this.toasts.problem(problem);
  }

  private command(command: MenuCommand): void {
    switch (command) {
      case 'open-folder':
      case 'open-files':
        void this.chooseAndOpen(command);
        break;
      case 'denoise':
        void this.openDenoise();
        break;
      case 'cancel':
        void this.cancelRunning();
        break;
      case 'studies':
      case 'viewer':
      case 'train':
      case 'models':
      case 'batch':
      case 'node':
      case 'settings':
        void this.navigation.go(command);
        break;
      case 'shortcuts':
      case 'about':
        void this.navigation.go('settings', command);
        break;
      default:
        break;
    }
  }

  private async ended(job: JobRecord): Promise<void> {
    const { request } = job;
    // Of a folder that is watched many come, with nobody waiting for them: its list tells what became of them.
    if (job.label !== undefined) return;
    if (job.state === 'cancelled') this.toasts.announce(t('say.jobCancelled'));
    else if (job.state === 'failed' && !madeAnything(job)) {
      const stopped = problemOf(job);
      if (stopped !== null) this.toasts.problem(stopped);
      this.toasts.announce(t('say.jobFailed'));
    } else if (request.type === 'train') {
      this.toasts.announce(t('say.trainingDone'));
      const looking = this.navigation.screen === 'train' && this.shownJobs.training === job.id;
      if (!looking) this.offerResult(job, t('toast.trained'));
    } else if (request.type === 'denoise') {
      this.toasts.announce(t('say.jobDone'));
      // A result on screen stays there with its verdict: the new one waits in the list beside it.
      if (this.looksAt(request.input) && this.lookedAt.shown.after === null) await this.showResult(job);
      else this.offerResult(job, t('toast.done'));
    } else {
      const done = t('toast.jobDone', { job: tName('job', request.type) });
      this.toasts.announce(done);
      // On the screen Models a result takes the place of its progress.
      const seen = ['latent', 'index', 'segment', 'probe', 'generate'].includes(request.type);
      if (!seen || this.navigation.screen !== 'models') this.offerResult(job, done);
    }
  }

  /** Whether the viewer shows a series of this input. */
  private looksAt(input: string): boolean {
    const { subject } = this.lookedAt;
    return this.navigation.screen === 'viewer' && subject !== null && this.library.pathOf(subject) === input;
  }

  private offerResult(job: JobRecord, text: string): void {
    this.toasts.say(text, { label: t('job.showResult'), run: () => void this.showResult(job) });
  }
}

/** Whether a job that failed made a part of what it was to make. */
function madeAnything({ result }: JobRecord): boolean {
  if (result === null) return false;
  if (result.command === 'train') return 'sha256' in result;
  return (
    result.command === 'denoise' &&
    'series' in result &&
    result.series.some((one) => 'status' in one && one.status !== 'failed')
  );
}
