import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, isInside } from '../base/files.js';
import { acquireLock } from '../base/lock.js';
import { jobEnvironment, logFolder, readLog } from '../base/log.js';
import { closeOwnFolder } from '../base/own-folder.js';
import { VERSION } from '../base/version.js';
import { devicesOf } from '../contract/devices.js';
import { fault } from '../contract/errors.js';
import { Report } from '../contract/report.js';
import type { JobRequest } from '../contract/requests/requests.js';
import { readText } from '../contract/schema/schema.js';
import type { About, AppApi, AppEvent, JobRecord, PathKind, Resource } from '../contract/window/app.js';
import type { FrameHeader } from '../contract/window/opened.js';
import { type RunningJob, startJob } from '../process/client.js';
import type { Spawn } from '../process/spawn.js';
import { reportPdf } from '../report/report-pdf.js';
import { hasCudaLibrary } from '../runtime/cuda.js';
import { PROBED } from '../runtime/probe-outcome.js';
import { requireModel } from '../store/model-store.js';
import { knownSpeeds, secondsFor } from '../store/speed.js';
import { devicesClient } from './devices/client.js';
import { listFolder } from './folders.js';
import { openSettings } from './kept/settings.js';
import { openTargets } from './kept/targets.js';
import { libraryClient } from './library-client.js';
import { modelsApi } from './models.js';
import { openQueue } from './queue.js';
import { reportIn } from './results/report-file.js';
import { retrievalApi } from './retrieval.js';
import { runCalls } from './runs/api.js';
import { findRuns } from './runs/found.js';
import { type SamplePlace, samplesAt } from './samples.js';
import { segmentsPlace } from './segments.js';
import { openSending } from './sending.js';
import { openStorage } from './storage.js';
import { openTrainings } from './trainings.js';
import { requirePlace } from './updates/read.js';
import { openUpdates } from './updates/updates.js';
import { clearAbandonedUploads } from './uploads-left.js';
import { openViews } from './views.js';
import { nodeApi } from './watch/node.js';
import { queuedJobs } from './watch/queued.js';
import { checkRules } from './watch/rules.js';
import { openWatches } from './watch/watches.js';

/** Lines of the log that a window gets. */
const MOST_LINES = 2000;

export interface ServiceOptions {
  /** The person's own folder: settings, queue, logs. */
  readonly home: string;
  readonly spawn: Spawn;
  /** Built scripts of the processes. */
  readonly entries: { readonly compute: string; readonly library: string; readonly devices: string };
  readonly samples: readonly SamplePlace[];
  readonly transport: About['transport'];
  /** What only a desktop can do; null in a browser. */
  readonly desktop: Desktop | null;
  /** Try the GPU before the first job, in a process apart: for Electron, whose processes cannot fork Node. */
  readonly probeFirst?: boolean;
  /** Paths below these are not remembered: they go when the app does. */
  readonly passing?: readonly string[];
}

export interface Desktop {
  choosePaths(what: PathKind): Promise<readonly string[]>;
  showInFolder(path: string): Promise<void>;
}

type ResourceContent =
  | { readonly kind: 'frame'; readonly header: FrameHeader; readonly body: Uint8Array }
  | { readonly kind: 'png' | 'html' | 'json' | 'pdf' | 'bytes'; readonly body: Uint8Array };

export interface AppService {
  readonly api: AppApi;
  /** @throws LimpidError E_NOT_FOUND and those of reading */
  resource(resource: Resource): Promise<ResourceContent>;
  subscribe(listener: (event: AppEvent) => void): () => void;
  /** To all windows, as the menu does. */
  publish(event: AppEvent): void;
  /** Whether a path is an output of a job or of a run that was found, or below one. */
  isOutput(place: string): Promise<boolean>;
  /** Stops what runs (it resumes at the next start) and ends the processes. */
  close(): Promise<void>;
}

/**
 * What stands behind both transports: the open inputs, the queue, settings and devices. Nothing heavy runs in this
 * process.
 *
 * @throws LimpidError E_LOCKED while another app uses the folder; E_IO
 */
export async function openService(options: ServiceOptions): Promise<AppService> {
  const { home, spawn, entries, desktop } = options;
  try {
    await closeOwnFolder(home);
  } catch (error) {
    throw asFileError(error, home);
  }
  const lock = await acquireLock(path.join(home, 'app.lock'), 'data folder');
  await clearAbandonedUploads();
  const listeners = new Set<(event: AppEvent) => void>();
  const publish = (event: AppEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const settings = await openSettings(path.join(home, 'settings.json'));
  const names = devicesOf({
    system: process.platform,
    processor: process.arch,
    cuda: hasCudaLibrary(),
  });
  const devices = devicesClient({ entry: entries.devices, spawn, names });
  const library = libraryClient({
    entry: entries.library,
    spawn,
    onInput: (input) => publish({ type: 'input', input }),
    onCrash: (problem) => publish({ type: 'crash', problem }),
  });
  const trainings = openTrainings(home, (request) =>
    startJob(entries.compute, request, () => undefined, spawn),
  );
  const watched = queuedJobs(() => queue);
  const queue = await openQueue({
    folder: home,
    start: (asked, onEvent, again, job) => {
      const request = asked.type === 'train' ? trainings.prepared(asked, job, again) : asked;
      const start = (env: Readonly<Record<string, string>>) =>
        startJob(entries.compute, request, onEvent, spawn, { ...env, ...jobEnvironment(job) });
      if (options.probeFirst !== true || !('device' in request) || request.device !== 'auto')
        return start({});
      return startedLater(devices.probe().then((outcome) => start({ [PROBED]: outcome })));
    },
    onChange: (state) => {
      watched.changed(state);
      publish({ type: 'queue', queue: state });
    },
    onEvent: (job, event) => {
      publish({ type: 'job', job, event });
      if (event.type === 'result' && 'kept' in event) publish({ type: 'models' });
    },
    onCrash: (problem) => publish({ type: 'crash', problem }),
    onForget: (job) => trainings.forget(job),
  });

  const views = openViews(path.join(home, 'views.json'), () => library.inputs());
  const runs = findRuns({
    library,
    jobs: () => queue.state().jobs,
    outputFolder: () => settings.current().outputFolder,
  });
  const targets = await openTargets(home);
  const sending = await openSending({
    file: path.join(home, 'sendings.json'),
    targets,
    compute: (request, onEvent) => startJob(entries.compute, request, onEvent, spawn),
    runs,
    onChange: (sendings) => publish({ type: 'sendings', sendings }),
  });
  const watches = await openWatches({ home, jobs: watched, device: () => settings.current().device });
  const updates = await openUpdates({
    file: path.join(home, 'updates.json'),
    place: () => settings.current().updates,
    onFound: (view) => publish({ type: 'updates', view }),
  });
  updates.plan();
  const storage = openStorage(home, () => queue.state().jobs);

  const remember = async (paths: readonly string[]): Promise<void> => {
    const [first, ...more] = paths;
    if (first === undefined) return;
    const one = more.length === 0 ? first : path.dirname(first);
    for (const folder of options.passing ?? []) if (await isInside(one, folder)) return;
    await settings.remember(path.resolve(one));
  };

  const closeInput = async (input: string): Promise<void> => {
    await library.close(input);
    publish({ type: 'input-closed', input });
  };

  const api: AppApi = {
    about: async () => ({
      version: VERSION,
      platform: process.platform,
      devices: names,
      transport: options.transport,
      dialogs: desktop !== null,
      dataFolder: home,
      samples: await samplesAt(options.samples),
    }),
    choosePaths: async (what) => needDesktop(desktop).choosePaths(what),
    listFolder,
    async showInFolder(place) {
      // The window may only point at what jobs wrote, and at the data folder itself.
      if (place !== home && place !== logFolder(home) && !(await isOutput(place)))
        throw fault('E_USAGE/no-output');
      await needDesktop(desktop).showInFolder(place);
    },
    async openInput(paths) {
      if (paths.length === 0) throw fault('E_USAGE/nothing-named');
      const id = randomBytes(6).toString('hex');
      await library.open(
        id,
        paths.map((one) => path.resolve(one)),
      );
      await remember(paths);
      return id;
    },
    closeInput,
    inputs: async () => library.inputs(),
    measureNoise: (series) => library.noise(series),
    measurementReport: async (measured) => base64(await library.document({ kind: 'measurements', measured })),
    keyImages: async (planes) => base64(await library.document({ kind: 'key-images', planes })),
    keptView: (series) => views.kept(series),
    keepView: (series, view) => views.keep(series, view),
    async estimateRun(request, values) {
      return request.type === 'denoise' ? secondsFor(await knownSpeeds(), request, values) : null;
    },
    ...runCalls({
      runs,
      record: (job) => queue.record(job),
      jobs: () => queue.state().jobs,
      inputs: () => library.inputs(),
      moved: (folder, isBack) => library.moved(folder, isBack),
      closeInput: (input) => closeInput(input),
      publish,
      isOnItsWay: sending.isOnItsWay,
    }),
    async startJob(request, place) {
      await refuseUnrunnable(request);
      return queue.add(request, place);
    },
    checkRules: (rules) => checkRules(rules, (readable) => library.rules(readable)),
    arrangements: () => views.arrangements(),
    keepArrangements: (arrangements) => views.keepArrangements(arrangements),
    cancelJob: (job) => queue.cancel(job),
    finishJob: (job) => queue.finish(job),
    retryJob: (job) => queue.retry(job),
    removeJob: (job) => queue.remove(job),
    moveJob: (job, index) => queue.move(job, index),
    pauseQueue: (paused) => queue.pause(paused),
    jobs: async () => queue.state(),
    jobLog: (job) => queue.log(job),
    ...sending.api,
    ...watches.api,
    ...nodeApi(() => settings.current().nodeConfig),
    ...modelsApi({
      compute: (request) => startJob(entries.compute, request, () => undefined, spawn),
      onChange: () => publish({ type: 'models' }),
    }),
    ...retrievalApi({
      settings: () => settings.current(),
      inputs: () => library.inputs(),
      compute: (request) => startJob(entries.compute, request, () => undefined, spawn),
    }),
    families: () => trainings.families(),
    checkTraining: (request, series) => trainings.check(request, series),
    log: async () => ({ folder: logFolder(home), lines: await readLog(logFolder(home), MOST_LINES) }),
    settings: async () => settings.current(),
    unreadFiles: async () =>
      [settings, watches, targets].flatMap(({ unread }) => (unread === null ? [] : [unread])),
    async saveSettings(given) {
      if (given.updates !== null) requirePlace(given.updates);
      await settings.save(given);
      updates.plan();
    },
    ...updates.api,
    storage: () => storage.use(),
    cleanStorage: () => storage.clean(),
    cleanTraces: () => storage.cleanTraces(),
    devices: () => devices.list(),
    testDevice: (device) => devices.test(device),
  };

  const isOutput = async (place: string): Promise<boolean> => {
    if (await isInside(place, watches.folder)) return true;
    for (const folder of runs.folders()) if (await isInside(place, folder)) return true;
    for (const { request } of queue.state().jobs)
      if ('output' in request && (await isInside(place, request.output))) return true;
    return false;
  };

  return {
    api,
    async resource(resource) {
      switch (resource.kind) {
        case 'frame': {
          const { header, pixels } = await library.frame(resource.series, resource.index);
          return { kind: 'frame', header, body: pixels };
        }
        case 'slice':
          return { kind: 'png', body: await library.slice(resource.series, resource.index) };
        case 'tags': {
          const tags = await library.tags(resource.series, resource.index);
          return { kind: 'json', body: Buffer.from(JSON.stringify(tags)) };
        }
        case 'labels': {
          const { job, series, slice } = resource;
          const card = library
            .inputs()
            .flatMap((input) => input.series)
            .find(({ key }) => key === series);
          if (card === undefined) throw fault('E_NOT_FOUND/series-closed');
          const place = await segmentsPlace(queue.record(job), card.id);
          return { kind: 'bytes', body: await library.labels(series, place, slice) };
        }
        case 'output':
          return {
            kind: kindOf(resource.file),
            body: await outputOf(queue.record(resource.job), resource.file),
          };
        case 'thumbnail':
          return { kind: 'png', body: await library.thumbnail(resource.series) };
        case 'report': {
          const { job, format } = resource;
          if (format !== 'pdf') return { kind: format, body: await reportOf(queue.record(job), format) };
          const read = readText(Report, Buffer.from(await reportOf(queue.record(job), 'json')).toString());
          if (!read.fits) throw fault('E_NOT_FOUND/job-report');
          return { kind: 'pdf', body: reportPdf(read.value) };
        }
        case 'run-report': {
          const { folder, createdAt } = runs.placeOf(resource.run);
          if (resource.format === 'html')
            return { kind: 'html', body: await readOutput(folder, 'report.html') };
          const report = await reportIn(folder);
          // Another run may lie in its place now.
          if (report === null || report.createdAt !== createdAt) throw fault('E_NOT_FOUND/run-report');
          return { kind: 'pdf', body: reportPdf(report) };
        }
        case 'training-preview':
          return { kind: 'bytes', body: await trainings.patches(queue.record(resource.job), resource.step) };
        case 'training-card':
          return { kind: 'json', body: await trainings.card(queue.record(resource.job)) };
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish,
    isOutput,
    async close() {
      library.end();
      sending.close();
      updates.close();
      await watches.close();
      await queue.close();
      await lock.release();
    },
  };
}

/** A job that starts once something else is done; it can be cancelled before. */
function startedLater(starting: Promise<RunningJob>): RunningJob {
  return {
    result: starting.then(({ result }) => result),
    cancel: () => void starting.then((job) => job.cancel()),
    pause: () => void starting.then((job) => job.pause()),
    finish: () => void starting.then((job) => job.finish()),
  };
}

/**
 * What cannot run is told to who asks, and not when its turn comes.
 *
 * @throws LimpidError E_NOT_FOUND, E_PATH_ESCAPE
 */
async function refuseUnrunnable(request: JobRequest): Promise<void> {
  if (request.type !== 'denoise') return;
  try {
    await fs.access(request.input);
  } catch (error) {
    throw asFileError(error, request.input);
  }
  if (request.model.kind === 'file') await requireModel(request.model.path);
}

function needDesktop(desktop: Desktop | null): Desktop {
  if (desktop !== null) return desktop;
  throw fault('E_USAGE/browser');
}

function kindOf(file: string): 'json' | 'png' | 'bytes' {
  const ending = path.extname(file);
  return ending === '.json' ? 'json' : ending === '.png' ? 'png' : 'bytes';
}

/** A file that the result of a job lists. @throws LimpidError E_NOT_FOUND, E_PATH_ESCAPE, E_IO */
async function outputOf({ request, result }: JobRecord, file: string): Promise<Uint8Array> {
  const listed = result !== null && 'files' in result ? result.files : [];
  if (!listed.includes(file) || !('output' in request)) throw fault('E_NOT_FOUND/job-file');
  return readOutput(request.output, file);
}

/** The report of a job, wherever in its output folder its result says that it is. */
async function reportOf({ request, result }: JobRecord, format: 'html' | 'json'): Promise<Uint8Array> {
  const report = result !== null && 'report' in result ? result.report : null;
  if (report === null || report === undefined || !('output' in request))
    throw fault('E_NOT_FOUND/job-report');
  return readOutput(request.output, report[format]);
}

async function readOutput(folder: string, file: string): Promise<Uint8Array> {
  const place = path.join(folder, file);
  try {
    if (!(await isInside(place, folder))) throw fault('E_PATH_ESCAPE/outside-folder');
    return await fs.readFile(place);
  } catch (error) {
    throw asFileError(error, place);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
