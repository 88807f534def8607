import { DeviceName, ForeignModel, ModelPart } from '../contract/requests/choices.js';
import { ACTIONS } from '../contract/requests/node.js';
import { Rules } from '../contract/requests/rules.js';
import { TrainingShape } from '../contract/requests/training.js';
import {
  filled,
  flag,
  nullOr,
  oneOf,
  positive,
  type Schema,
  shortList,
  texts,
  tuple,
  whole,
} from '../contract/schema/schema.js';
import { Arrangement, KeptView, MeasuredPlane, PlaneName } from '../contract/viewing.js';
import { type AppApi, PathKind } from '../contract/window/app.js';
import { APP_METHODS, type AppMethod } from '../contract/window/methods.js';
import { TargetDraft } from '../contract/window/sending.js';
import { Settings } from '../contract/window/settings.js';
import { WatchDraft } from '../contract/window/watches.js';
import { checked } from './checked.js';
import { WindowRequest, WindowTraining } from './requests.js';

const none = tuple([]);
const id = tuple([filled]);

/** Every method with the schema of its arguments, which must be those of the contract. */
const ARGUMENTS: { readonly [M in AppMethod]: Schema<Parameters<AppApi[M]>> } = {
  about: none,
  choosePaths: tuple([PathKind]),
  listFolder: tuple([nullOr(filled)]),
  showInFolder: tuple([filled]),
  openInput: tuple([texts]),
  closeInput: id,
  inputs: none,
  measureNoise: id,
  measurementReport: tuple([shortList(MeasuredPlane)]),
  keyImages: tuple([shortList(PlaneName)]),
  keptView: id,
  keepView: tuple([filled, KeptView]),
  runsOf: id,
  acceptRun: tuple([filled, filled, flag]),
  trashRun: id,
  restoreRun: id,
  reviewOf: id,
  estimateRun: tuple([WindowRequest, positive]),
  checkRules: tuple([Rules]),
  arrangements: none,
  keepArrangements: tuple([shortList(Arrangement)]),
  startJob: tuple([WindowRequest, oneOf(['first', 'last'])]),
  cancelJob: id,
  finishJob: id,
  retryJob: id,
  removeJob: id,
  moveJob: tuple([filled, whole]),
  pauseQueue: tuple([flag]),
  jobs: none,
  jobLog: id,
  targets: none,
  saveTarget: tuple([TargetDraft]),
  removeTarget: id,
  testTarget: id,
  sendResult: tuple([filled, filled, filled, flag]),
  cancelSending: id,
  sendings: none,
  node: none,
  commandNode: tuple([filled, oneOf(ACTIONS)]),
  nodeFolders: id,
  watches: none,
  saveWatch: tuple([WatchDraft]),
  pauseWatch: tuple([filled, flag]),
  removeWatch: id,
  commandWatch: tuple([filled, filled, oneOf(ACTIONS)]),
  watchFolders: tuple([filled, filled]),
  models: none,
  modelDetails: id,
  importModel: tuple([filled, nullOr(filled), nullOr(ForeignModel)]),
  exportModel: tuple([filled, filled, ModelPart]),
  deleteModel: id,
  latentIndex: none,
  likeSlice: tuple([filled, whole]),
  families: none,
  checkTraining: tuple([WindowTraining, shortList(TrainingShape)]),
  log: none,
  settings: none,
  saveSettings: tuple([Settings]),
  updates: none,
  lookForUpdates: none,
  unreadFiles: none,
  storage: none,
  cleanStorage: none,
  cleanTraces: none,
  devices: none,
  testDevice: tuple([DeviceName]),
};

/**
 * Calls a method as a transport received it: the only way from a transport to the service.
 *
 * @throws LimpidError E_USAGE for what is not in the contract, with the path of the field
 */
export async function call(api: AppApi, method: unknown, args: unknown): Promise<unknown> {
  return invoke(api, checked(oneOf(APP_METHODS), method, 'method'), args);
}

type Methods = { readonly [M in AppMethod]: (...args: Parameters<AppApi[M]>) => Promise<unknown> };

function invoke<M extends AppMethod>(api: Methods, method: M, args: unknown): Promise<unknown> {
  const schema: Schema<Parameters<AppApi[M]>> = ARGUMENTS[method];
  return api[method](...checked(schema, args, method));
}
