import { tick } from 'svelte';
import type {
  About,
  AppBridge,
  AppEvent,
  DeviceInfo,
  JobId,
  JobRecord,
  MenuCommand,
  PathKind,
  SeriesCard,
  SeriesKey,
  Settings,
} from '../../src-main/contract/app.js';
import type { JobRequest } from '../../src-main/contract/requests.js';
import { setLanguage, t, tName, tn } from '../words/text.svelte.js';
import type { Choices } from './denoise-choices.js';
import { Library } from './library.svelte.js';
import { Models } from './models.svelte.js';
import { baseName, freeName, inputsOfFiles, joinPath, outputName, outputParent } from './paths.js';
import { Queue } from './queue.svelte.js';
import { type Comparison, comparisonFor, comparisonOf, pathsToOpen, seriesOfReport } from './results.js';
import type { Section as ModelsSection } from './sections.js';
import { Toasts } from './toasts.svelte.js';

export const SCREENS = ['studies', 'viewer', 'train', 'models', 'batch', 'settings'] as const;
export type Screen = (typeof SCREENS)[number];

const NOTHING: Comparison = { before: null, after: null, errorMap: null };
const DEFAULTS: Settings = {
  theme: 'dark',
  hidePatients: false,
  language: 'en',
  device: 'auto',
  outputFolder: null,
  recent: [],
};

interface Asked {
  readonly what: PathKind;
  /** Of the file that is saved. */
  readonly name: string;
  readonly answer: (paths: readonly string[]) => void;
}

/** All that the window knows, from its opening to its end. */
export class Session {
  readonly bridge: AppBridge;
  readonly library: Library;
  readonly queue: Queue;
  readonly models: Models;
  readonly toasts = new Toasts();
  about = $state.raw<About | null>(null);
  settings = $state.raw<Settings>(DEFAULTS);
  screen = $state<Screen>('studies');
  /** The section of Settings to show first. */
  section = $state<string | null>(null);
  /** The model whose card the screen Models is to show. */
  wantedCard = $state<string | null>(null);
  /** The training that is looked at; null: a new one. */
  training = $state<JobId | null>(null);
  selected = $state<SeriesKey | null>(null);
  shown = $state.raw<Comparison>(NOTHING);
  /** Where the viewer goes in what it shows. */
  place = $state.raw<{ readonly slice: number; readonly frame: number } | null>(null);
  strength = $state(1);
  panel = $state(true);
  modelsSection = $state<ModelsSection>('list');
  /** The latent map and the new images that are shown; null: the latest. */
  shownMap = $state<JobId | null>(null);
  shownSamples = $state<JobId | null>(null);
  /** What the Denoise panel is to choose next. */
  wantedModel = $state.raw<Pick<Choices, 'model' | 'path'> | null>(null);
  /** Empty until they were looked for. */
  devices = $state.raw<readonly DeviceInfo[]>([]);
  /** The question that the in-app picker answers, where there are no native dialogs. */
  asked = $state.raw<Asked | null>(null);
  /** Told to screen readers. */
  said = $state('');
  selectedCard = $derived.by(() => (this.selected === null ? null : this.card(this.selected)));
  private uploaded = new Set<string>();
  private ending: (() => void)[] = [];

  constructor(bridge: AppBridge) {
    this.bridge = bridge;
    this.library = new Library(bridge.api);
    this.queue = new Queue(bridge);
    this.models = new Models(bridge.api);
    this.queue.onEnded = (job) => void this.ended(job);
  }

  async start(): Promise<void> {
    this.ending.push(this.bridge.subscribe((event) => this.handle(event)));
    await this.toasts.guard(async () => {
      this.settings = await this.bridge.api.settings();
      setLanguage(this.settings.language);
      this.about = await this.bridge.api.about();
      await Promise.all([this.library.load(), this.queue.load()]);
    });
  }

  end(): void {
    for (const end of this.ending.splice(0)) end();
  }

  /** Looks for devices, once: a probe of a driver takes its time. */
  async loadDevices(): Promise<void> {
    if (this.devices.length > 0) return;
    this.devices = (await this.toasts.guard(() => this.bridge.api.devices())) ?? [];
  }

  async save(change: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    setLanguage(this.settings.language);
    await this.toasts.guard(async () => {
      // Recent inputs are kept by the app, which may know more of them by now.
      const { recent } = await this.bridge.api.settings();
      await this.bridge.api.saveSettings({ ...this.settings, recent, ...change });
    });
  }

  async go(screen: Screen, section: string | null = null): Promise<void> {
    const changed = this.screen !== screen;
    this.screen = screen;
    this.section = section;
    if (!changed) return;
    await tick();
    document.querySelector<HTMLElement>(`#screen-${screen} h1`)?.focus();
  }

  /** Asks for paths by the native dialog, or by the picker in the window. Empty: cancelled. */
  async choose(what: PathKind, name = ''): Promise<readonly string[]> {
    if (this.about?.dialogs === true)
      return (await this.toasts.guard(() => this.bridge.api.choosePaths(what))) ?? [];
    return new Promise((resolve) => {
      this.asked = {
        what,
        name,
        answer: (paths) => {
          this.asked = null;
          resolve(paths);
        },
      };
    });
  }

  async chooseAndOpen(what: 'open-folder' | 'open-files'): Promise<void> {
    const paths = await this.choose(what);
    if (paths.length > 0) await this.open(what === 'open-folder' ? paths : inputsOfFiles(paths));
  }

  /** Opens inputs, each by its own path, and shows them in Studies. */
  async open(paths: readonly string[]): Promise<void> {
    await this.go('studies');
    for (const path of paths) await this.toasts.guard(() => this.library.open(path));
    await this.toasts.guard(async () => {
      const { recent } = await this.bridge.api.settings();
      this.settings = { ...this.settings, recent };
    });
  }

  /** Remembers that these lie in a temporary folder: nothing may be written beside them. */
  async openUploaded(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.uploaded.add(path);
    await this.open(paths);
  }

  async close(input: string): Promise<void> {
    await this.toasts.guard(() => this.bridge.api.closeInput(input));
    const { before, after } = this.shown;
    if (before?.input === input || after?.input === input) this.shown = NOTHING;
    if (this.selectedCard === null) this.selected = null;
  }

  card(key: SeriesKey): SeriesCard | null {
    return this.library.byKey.get(key) ?? null;
  }

  /** Shows a series in the viewer, with its source or its result where these are open. `place`: null leaves it. */
  async view(card: SeriesCard, place: Session['place'] = null): Promise<void> {
    this.selected = card.key;
    this.place = place;
    if (!Object.values(this.shown).some((one: SeriesCard | null) => one?.key === card.key))
      this.shown = comparisonFor(card, this.library.series);
    await this.go('viewer');
  }

  /** Opens what a finished job made: images beside their source, a latent map, new images. */
  async showResult(job: JobRecord): Promise<void> {
    const { request } = job;
    if (request.type === 'train') {
      this.training = job.id;
      await this.go('train');
    }
    if (request.type === 'latent' || request.type === 'generate') {
      if (request.type === 'latent') this.shownMap = job.id;
      else this.shownSamples = job.id;
      this.modelsSection = request.type === 'latent' ? 'map' : 'samples';
      await this.go('models');
    }
    if (request.type !== 'denoise') return;
    await this.toasts.guard(async () => {
      const report = await this.queue.report(job.id);
      const series = seriesOfReport(report, request.only?.[0] ?? this.shown.before?.id ?? null);
      if (series === null || series.status !== 'done') return;
      await this.library.openWhole([request.input]);
      for (const paths of pathsToOpen(request, report.request.input, series))
        await this.library.openWhole(paths, true);
      const found = comparisonOf(this.library.inputs, request, series);
      if (found.before === null && found.after === null) return;
      this.shown = found;
      this.selected = (found.before ?? found.after)?.key ?? null;
      this.strength = 1;
      await this.go('viewer');
      this.said = t('say.resultShown');
    });
  }

  /** A new folder for the outputs of an input: in `folder`, or where that is null beside the input. */
  async suggestOutput(
    input: string,
    suffix: string,
    folder: string | null = this.settings.outputFolder,
  ): Promise<{ parent: string; name: string }> {
    const base = folder ?? (this.isPassing(input) ? await this.firstPlace() : null);
    const parent = outputParent(input, base);
    const taken = await this.bridge.api.listFolder(parent).catch(() => null);
    const names = taken?.entries.map(({ name }) => name) ?? [];
    return { parent, name: outputName(input, suffix, [...names, ...this.queuedNames()]) };
  }

  /** A new folder for outputs of no input, where a person chose that results go, or else the first place. */
  async suggestFolder(name: string): Promise<string> {
    const parent = this.settings.outputFolder ?? (await this.firstPlace()) ?? '.';
    const taken = await this.bridge.api.listFolder(parent).catch(() => null);
    const names = taken?.entries.map((entry) => entry.name) ?? [];
    return joinPath(parent, freeName(name, [...names, ...this.queuedNames()]));
  }

  /** Uploaded files go when the app does, and samples belong to the installation. */
  private isPassing(input: string): boolean {
    return this.uploaded.has(input) || (this.about?.samples.some(({ path }) => path === input) ?? false);
  }

  private queuedNames(): string[] {
    return this.queue.state.jobs.flatMap(({ request }) =>
      'output' in request ? [baseName(request.output)] : [],
    );
  }

  async startJob(request: JobRequest, place: 'first' | 'last'): Promise<JobId | null> {
    const id = await this.toasts.guard(() => this.bridge.api.startJob(request, place));
    if (id !== null) this.said = t('say.jobQueued');
    return id;
  }

  private async firstPlace(): Promise<string | null> {
    const places = await this.bridge.api.listFolder(null).catch(() => null);
    return places?.entries[0]?.path ?? null;
  }

  private handle(event: AppEvent): void {
    const scanning = new Set(this.library.scanning.map(({ id }) => id));
    this.library.handle(event);
    this.queue.handle(event);
    this.models.handle(event);
    if (event.type === 'command') this.command(event.command);
    else if (event.type === 'crash') this.toasts.problem(event.problem);
    else if (event.type === 'input') {
      if (event.input.state === 'ready' && scanning.has(event.input.id)) {
        this.said = tn('say.scanned', event.input.series.length);
        const [first] = event.input.problems;
        if (event.input.series.length === 0 && first !== undefined) this.toasts.problem(first);
        if (this.selectedCard === null) this.selected = event.input.series[0]?.key ?? null;
      }
      if (event.input.state === 'failed' && event.input.problem !== null && scanning.has(event.input.id))
        this.toasts.problem(event.input.problem);
    }
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
      case 'settings':
        void this.go(command);
        break;
      case 'shortcuts':
      case 'about':
        void this.go('settings', command);
        break;
      default:
        break;
    }
  }

  /** The Denoise panel of the series that is selected. */
  async openDenoise(): Promise<void> {
    this.panel = true;
    const card = this.selectedCard;
    if (card === null) await this.go('studies');
    else if (this.screen !== 'viewer') await this.view(card);
    await tick();
    document.getElementById('denoise-start')?.focus();
  }

  /** A model of the library on its screen. */
  async showModel(id: string): Promise<void> {
    this.wantedCard = id;
    this.modelsSection = 'list';
    await this.go('models');
  }

  /** The Denoise panel with a model chosen; where no series is selected, Studies to select one. */
  async denoiseWith(model: Pick<Choices, 'model' | 'path'>): Promise<void> {
    this.wantedModel = model;
    if (this.selectedCard === null) this.toasts.say(t('models.selectFirst'));
    await this.openDenoise();
  }

  async cancelRunning(): Promise<void> {
    const { running } = this.queue;
    if (running !== null) await this.toasts.guard(() => this.bridge.api.cancelJob(running.id));
  }

  private async ended(job: JobRecord): Promise<void> {
    if (job.state === 'cancelled') {
      this.said = t('say.jobCancelled');
      return;
    }
    const made = job.result !== null && 'series' in job.result && job.result.command === 'denoise';
    const trained = job.result?.command === 'train' && 'sha256' in job.result;
    const anyDone =
      trained || (made && job.result.series.some((one) => 'status' in one && one.status !== 'failed'));
    if (job.state === 'failed' && !anyDone) {
      const stopped = job.result !== null && 'stopped' in job.result ? job.result.stopped : null;
      if (stopped !== null) this.toasts.problem(stopped);
      this.said = t('say.jobFailed');
      return;
    }
    if (job.request.type === 'train') {
      this.said = t('say.trainingDone');
      if (this.screen !== 'train' || this.training !== job.id)
        this.toasts.say(t('toast.trained'), {
          label: t('job.showResult'),
          run: () => void this.showResult(job),
        });
      return;
    }
    const { request } = job;
    this.said =
      request.type === 'denoise' ? t('say.jobDone') : t('toast.jobDone', { job: tName('job', request.type) });
    const { before } = this.shown;
    // On the screen Models a result takes the place of its progress.
    if ((request.type === 'latent' || request.type === 'generate') && this.screen === 'models') return;
    const looking =
      this.screen === 'viewer' &&
      before !== null &&
      request.type === 'denoise' &&
      this.library.pathOf(before) === request.input;
    if (looking) await this.showResult(job);
    else
      this.toasts.say(request.type === 'denoise' ? t('toast.done') : this.said, {
        label: t('job.showResult'),
        run: () => void this.showResult(job),
      });
  }
}

export function problemOf(job: JobRecord) {
  return job.result !== null && 'stopped' in job.result ? job.result.stopped : null;
}
