/**
 * The app as its window sees it: plain data and one interface, carried by two transports (Electron's IPC, and
 * loopback HTTP with Server-Sent Events for `limpid serve` and the tests). Everything named `forPerson` may hold names and
 * paths: it is shown, never logged.
 */

import type { Problem } from '../errors.js';
import type { JobEvent, ResultEvent } from '../events.js';
import type { LogLine } from '../log.js';
import type { ModelDetails, ModelEntry } from '../models.js';
import type { Report } from '../report.js';
import type { DeviceName, ForeignModel, ModelPart } from '../requests/choices.js';
import type { FamilyChoices, TrainingFacts } from '../requests/families.js';
import type { Action } from '../requests/node.js';
import type { JobRequest } from '../requests/requests.js';
import type { Rule } from '../requests/rules.js';
import type { TrainingShape, TrainRequest } from '../requests/training.js';
import { type Of, oneOf } from '../schema/schema.js';
import type { Arrangement, KeptView, MeasuredPlane, PlaneName } from '../viewing.js';
import type { InputId, MeasuredNoise, OpenInput, SeriesKey } from './opened.js';
import type { IndexView, LikeView } from './retrieval.js';
import type { RuleCheck } from './rules.js';
import type { Sending, Target, TargetDraft } from './sending.js';
import type { Settings } from './settings.js';
import type { UpdateView } from './updates.js';
import type { SeriesOnTheWay, WatchApi } from './watches.js';

export interface AppApi extends WatchApi {
  about(): Promise<About>;

  /** A native dialog. Empty: cancelled. @throws E_USAGE where there is none (About.dialogs is false). */
  choosePaths(what: PathKind): Promise<readonly string[]>;
  /** For the picker where no native dialog exists; null lists the places to start from. */
  listFolder(path: string | null): Promise<FolderListing>;
  /** Shows a file or folder of a finished job, or the data folder, in the system's file manager. */
  showInFolder(path: string): Promise<void>;

  /** Starts a scan of folders, files, DICOMDIRs, zips or NIfTI; what is found comes as `input` events. */
  openInput(paths: readonly string[]): Promise<InputId>;
  closeInput(input: InputId): Promise<void>;
  inputs(): Promise<readonly OpenInput[]>;
  /** Decodes a series and measures its noise; the answer is kept. */
  measureNoise(series: SeriesKey): Promise<MeasuredNoise>;
  /**
   * A structured report of measurements in DICOM images (TID 1500), as a DICOM file in base64: nothing is written here.
   *
   * @throws E_NOT_FOUND for what is not open or no DICOM, E_UID
   */
  measurementReport(measured: readonly MeasuredPlane[]): Promise<string>;
  /** The same of chosen images: a Key Object Selection (TID 2010). @throws as `measurementReport` */
  keyImages(planes: readonly PlaneName[]): Promise<string>;
  /** How a series was looked at last, on this machine; null: never, or it was forgotten since. */
  keptView(series: SeriesKey): Promise<KeptView | null>;
  /** Kept over restarts, under a hash of the series: neither its UID nor its place is written. @throws E_IO */
  keepView(series: SeriesKey, view: KeptView): Promise<void>;
  /**
   * Runs that made something of a series, or that made it, latest first: of this queue and of the command line, by the
   * reports beside the input, in the folder for outputs and in what is open.
   */
  runsOf(series: SeriesKey): Promise<readonly FoundRun[]>;
  /**
   * Notes that a person accepts what a run made of a series, or no longer does; kept beside the result.
   *
   * @param run of `runsOf` @param series its id in the report @throws E_NOT_FOUND, E_IO
   */
  acceptRun(run: string, series: string, accepted: boolean): Promise<void>;
  /**
   * Moves the whole output of a run to a trash beside it, from where it can be brought back; what was open of it is closed.
   *
   * @throws E_EXISTS for files of others in it, E_LOCKED and E_USAGE while a run needs it, E_NOT_FOUND, E_IO
   */
  trashRun(run: string): Promise<void>;
  /** Brings it back. @throws E_EXISTS where something else is in its place, E_NOT_FOUND, E_IO */
  restoreRun(run: string): Promise<void>;
  /** What a person did with the results of a job. */
  reviewOf(job: JobId): Promise<JobReview>;
  /** Seconds that a run on a volume of so many values takes, by how fast runs of its kind were here; null: none was. */
  estimateRun(request: JobRequest, values: number): Promise<number | null>;
  /** Whether rules can be used, and which decides over each open series: nothing is queued. */
  checkRules(rules: readonly Rule[]): Promise<RuleCheck>;
  /** Arrangements of viewports that a person has named, in the order of their names. */
  arrangements(): Promise<readonly Arrangement[]>;
  /** Takes the place of all that were kept. @throws E_IO */
  keepArrangements(arrangements: readonly Arrangement[]): Promise<void>;

  /** Puts a job in the queue: behind the others, or before all that have not started. */
  startJob(request: JobRequest, place: 'first' | 'last'): Promise<JobId>;
  /** Ends a running job (its checkpoints stay) or takes a waiting one out of the order. */
  cancelJob(job: JobId): Promise<void>;
  /** Ends a running training early: the best model so far is written. @throws E_USAGE for any other job */
  finishJob(job: JobId): Promise<void>;
  /** Puts a failed or cancelled job back into the queue: it resumes. */
  retryJob(job: JobId): Promise<void>;
  /** Forgets a job that is not running; its outputs stay. */
  removeJob(job: JobId): Promise<void>;
  /** Moves a waiting job to this index among the waiting ones. */
  moveJob(job: JobId, index: number): Promise<void>;
  /** A paused queue starts nothing; the running job is stopped with its checkpoint and goes on afterwards. */
  pauseQueue(paused: boolean): Promise<void>;
  jobs(): Promise<QueueState>;
  /** The events of a job so far, without progress. */
  jobLog(job: JobId): Promise<readonly JobEvent[]>;

  /** Where results can be sent to, in the order in which they were entered. */
  targets(): Promise<readonly Target[]>;
  /** Keeps a new target, or other values of one. @throws E_USAGE for an address that is none, E_NOT_FOUND, E_IO */
  saveTarget(target: TargetDraft): Promise<Target>;
  removeTarget(id: string): Promise<void>;
  /** Seconds until the target had answered that it is there. @throws E_NETWORK */
  testTarget(id: string): Promise<number>;
  /**
   * Sends what a run made of a series; `sendings` tells what becomes of it.
   *
   * @param despite its trust report fails, or there is none
   * @throws E_USAGE where that is so and was not said, E_NOT_FOUND
   */
  sendResult(run: string, series: string, target: string, despite: boolean): Promise<string>;
  cancelSending(id: string): Promise<void>;
  /** Latest first. */
  sendings(): Promise<readonly Sending[]>;

  /** The node whose settings a person has chosen (`Settings.nodeConfig`), and its series. */
  node(): Promise<NodeView>;
  /** @param series its id @throws E_NOT_FOUND where no node runs or it has none such; E_USAGE in a state in which it cannot */
  commandNode(series: string, action: Action): Promise<void>;
  /** Where the images of a series lie, and what was made of them, so far as they are there. @throws E_NOT_FOUND */
  nodeFolders(series: string): Promise<readonly string[]>;

  /** The shipped model and those kept on this machine, oldest first. */
  models(): Promise<readonly ModelEntry[]>;
  /** @throws E_NOT_FOUND for an id that no model has; E_MODEL for a file that is not what was kept */
  modelDetails(id: string): Promise<ModelDetails>;
  /**
   * Keeps a copy of an ONNX file.
   *
   * @param name null: made of family and id
   * @param foreign how a model of others is to be fed; null: one of Limpid, which has a card
   * @throws E_MODEL, E_EXISTS for a name that another has, E_NOT_FOUND, E_IO
   */
  importModel(path: string, name: string | null, foreign: ForeignModel | null): Promise<ModelEntry>;
  /** Writes a kept model, or only a part of it, to a new file. @throws E_EXISTS, E_MODEL, E_NOT_FOUND, E_IO */
  exportModel(id: string, path: string, part: ModelPart): Promise<void>;
  deleteModel(id: string): Promise<void>;

  /** The chosen index of latents (`Settings.latentIndex`), and whether it can be used. */
  latentIndex(): Promise<IndexView>;
  /**
   * Series of the chosen index that have slices like one that is open.
   *
   * @param plane index of the slice, as of a frame
   * @throws E_INDEX (none, damaged, of a model that is not here), E_NOT_FOUND, those of reading
   */
  likeSlice(series: SeriesKey, plane: number): Promise<LikeView>;

  /** The autoencoder families and the artifacts that a training can choose from. */
  families(): Promise<FamilyChoices>;
  /** What a training would be, or why it would be refused, by the rules of the training itself. */
  checkTraining(request: TrainRequest, series: readonly TrainingShape[]): Promise<TrainingCheck>;

  /** The latest lines that our processes wrote, oldest first. */
  log(): Promise<AppLog>;

  settings(): Promise<Settings>;
  /** @throws E_USAGE for a place of newer versions that is none, E_IO */
  saveSettings(settings: Settings): Promise<void>;
  /** What was found when a newer version was last looked for at the place of the settings; null: it was not. */
  updates(): Promise<UpdateView | null>;
  /** Looks there now. What it cannot read is told in the view. @throws E_USAGE where the settings name no place */
  lookForUpdates(): Promise<UpdateView>;
  /** What this start of the app could not read of settings, watched folders and targets, and where it is kept. */
  unreadFiles(): Promise<readonly Problem[]>;
  /** What the data folder holds. @throws E_IO */
  storage(): Promise<StorageUse>;
  /** Removes what `storage` calls spare, and tells what that was. @throws E_IO */
  cleanStorage(): Promise<StoredAmount>;
  /** Removes what `storage` calls traces, and tells what that was. @throws E_IO */
  cleanTraces(): Promise<StoredAmount>;
  devices(): Promise<readonly DeviceInfo[]>;
  /** Runs one network on the device and on the CPU and compares pixels and time. */
  testDevice(device: DeviceName): Promise<DeviceTest>;
}

/** What the app tells without being asked. */
export type AppEvent =
  | { readonly type: 'input'; readonly input: OpenInput }
  | { readonly type: 'input-closed'; readonly input: InputId }
  | { readonly type: 'queue'; readonly queue: QueueState }
  | { readonly type: 'job'; readonly job: JobId; readonly event: JobEvent }
  | { readonly type: 'sendings'; readonly sendings: readonly Sending[] }
  | { readonly type: 'updates'; readonly view: UpdateView }
  /** A model was kept or deleted. */
  | { readonly type: 'models' }
  /** A result was accepted, moved to the trash or brought back. */
  | { readonly type: 'runs' }
  /** From the menu, from a file opened with the app, or from a second start of it. */
  | { readonly type: 'command'; readonly command: MenuCommand }
  | { readonly type: 'crash'; readonly problem: Problem }
  /** Of a browser: whether the app is still heard. It is the window's own end of the line that tells. */
  | { readonly type: 'connection'; readonly alive: boolean };

export type MenuCommand =
  | 'open-folder'
  | 'open-files'
  | 'denoise'
  | 'cancel'
  | 'studies'
  | 'viewer'
  | 'train'
  | 'models'
  | 'batch'
  | 'node'
  | 'settings'
  | 'shortcuts'
  | 'about';

/** What the preload, or the browser transport, offers to the window. */
export interface AppBridge {
  readonly api: AppApi;
  /** Returns the function that ends the subscription. */
  readonly subscribe: (listener: (event: AppEvent) => void) => () => void;
  /** Path of a dropped file; null in a browser, where files are uploaded instead. */
  readonly pathOf: (file: File) => string | null;
  /** Uploads dropped files (browser only) and returns paths for openInput. */
  readonly upload: (
    files: readonly { readonly file: File; readonly relativePath: string }[],
  ) => Promise<readonly string[]>;
  /** Where `fetch` finds a resource of the app: frames, thumbnails, reports. */
  readonly resourceUrl: (resource: Resource) => string;
  /** Begins to drag outputs of a job into another program (desktop only). */
  readonly dragOut?: (paths: readonly string[]) => void;
}
export type JobId = string;
export const PathKind = oneOf(['open-folder', 'open-files', 'output-folder', 'open-model', 'save-model']);
export type PathKind = Of<typeof PathKind>;

export interface About {
  readonly version: string;
  readonly platform: string;
  /** Those that this machine can have. */
  readonly devices: readonly DeviceName[];
  /** What carries the calls. */
  readonly transport: 'electron' | 'browser';
  readonly dialogs: boolean;
  /** Where this machine keeps models, trainings, queue, settings and logs. */
  readonly dataFolder: string;
  /** Nothing may be written beside these: they belong to the installation. */
  readonly samples: readonly { readonly name: string; readonly path: string }[];
}

export interface FolderListing {
  /** null for the list of places to start from. */
  readonly path: string | null;
  readonly parent: string | null;
  readonly entries: readonly { readonly name: string; readonly path: string; readonly folder: boolean }[];
}

/** A run that left a report. */
export interface FoundRun {
  readonly id: string;
  /** Its output folder. */
  readonly folder: string;
  /** The job that ran it; null where it is of the command line, or no longer listed. */
  readonly job: JobId | null;
  readonly report: Report;
  /** When a person accepted what it made of a series (ISO 8601), by the id of the series. */
  readonly accepted: Readonly<Record<string, string>>;
  /** When it was moved to the trash, ISO 8601; null: it was not. */
  readonly trashed: string | null;
}

export interface JobReview {
  /** Ids of series whose result was accepted. */
  readonly accepted: readonly string[];
  /** Whether its output lies in the trash. */
  readonly trashed: boolean;
}

/**
 * A resource of the app by `fetch`. A frame is plane `index` = frame * slices + slice, sorted by position:
 * little-endian pixels of rows * columns; header `x-limpid-frame` holds a FrameHeader as JSON.
 */
export type Resource =
  | { readonly kind: 'frame'; readonly series: SeriesKey; readonly index: number }
  /** PNG, longest side 128: the middle of a series. */
  | { readonly kind: 'thumbnail'; readonly series: SeriesKey }
  /** PNG, longest side 256: one plane, `index` as of a frame. */
  | { readonly kind: 'slice'; readonly series: SeriesKey; readonly index: number }
  /** The elements of the file that holds a plane: TagEntry[] as JSON; none of an image that is no DICOM. */
  | { readonly kind: 'tags'; readonly series: SeriesKey; readonly index: number }
  /** Segments of a slice that a finished job marked: rows * columns bytes, numbers of its classes; 0: none. */
  | { readonly kind: 'labels'; readonly job: JobId; readonly series: SeriesKey; readonly slice: number }
  /** report.html or report.json of a finished job, or a PDF of it. */
  | { readonly kind: 'report'; readonly job: JobId; readonly format: 'html' | 'json' | 'pdf' }
  /** report.html of a run that `runsOf` found, or a PDF of its report. */
  | { readonly kind: 'run-report'; readonly run: string; readonly format: 'html' | 'pdf' }
  /** A file of a finished job that its result lists: .json, .png or .npy. */
  | { readonly kind: 'output'; readonly job: JobId; readonly file: string }
  /** Patches of a training, float32: input, then target, one patch after the other; or as rebuilt at a step. */
  | { readonly kind: 'training-preview'; readonly job: JobId; readonly step: number | null }
  /** The model card of a training that is done: a ModelCard. */
  | { readonly kind: 'training-card'; readonly job: JobId };

/** Neither: another check was asked for meanwhile. */
export interface TrainingCheck {
  readonly facts: TrainingFacts | null;
  readonly problem: Problem | null;
}

/** A node as the window sees it. */
export interface NodeView extends SeriesOnTheWay {
  /** File of its settings; null: none was chosen. */
  readonly config: string | null;
  /** Where it does not, its series are told as it left them, and nothing can be asked of it. */
  readonly running: boolean;
  /** Why nothing is known of it. */
  readonly problem: Problem | null;
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface JobRecord {
  readonly id: JobId;
  readonly request: JobRequest;
  /** What it is called, where its input does not tell: the name of the folder that is watched. */
  readonly label?: string;
  readonly state: JobState;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The last progress event of the running job. */
  readonly progress: JobEvent | null;
  readonly result: ResultEvent | null;
}

export interface QueueState {
  readonly paused: boolean;
  /** Running first, then waiting in order, then those that ended, latest first. */
  readonly jobs: readonly JobRecord[];
}

export interface AppLog {
  /** Where the file is, for the person at the screen. */
  readonly folder: string;
  readonly lines: readonly LogLine[];
}

export interface StoredAmount {
  readonly files: number;
  readonly bytes: number;
}

export interface StorageUse {
  /** The data folder, for the person at the screen. */
  readonly folder: string;
  readonly parts: readonly (StoredAmount & {
    /** `queue`: the list of jobs, and the settings. */
    readonly kind: 'models' | 'trainings' | 'logs' | 'queue' | 'watched';
  })[];
  /** Logs and trainings of jobs that are no longer listed, and checkpoints that nothing goes on from. */
  readonly spare: StoredAmount;
  /** What ONNX Runtime left for sending with earlier versions, or with other programs of this user. */
  readonly traces: StoredAmount;
}

/** What a device computes on. */
export interface DeviceRuns {
  readonly on: Exclude<DeviceName, 'auto'> | 'wasm';
  /** Of a CPU. */
  readonly threads?: number | undefined;
  /** Of TensorFlow: whether it has a GPU. */
  readonly gpu?: boolean | undefined;
}

export interface DeviceInfo {
  readonly name: DeviceName;
  readonly available: boolean;
  /** In English, for the command line. */
  readonly description: string;
  /** null where it is not to be had. */
  readonly runs: DeviceRuns | null;
  readonly problem: Problem | null;
}

export interface DeviceTest {
  readonly device: DeviceName;
  /** Largest difference of a pixel to the CPU, in units of the noise. */
  readonly largestDifference: number;
  readonly same: boolean;
  /** Planes of 256 x 256 a second. */
  readonly rate: number;
  readonly cpuRate: number;
}
