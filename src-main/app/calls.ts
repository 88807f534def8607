import { APP_METHODS, type AppApi, type AppMethod } from '../contract/app.js';
import { DEVICE_NAMES, type ForeignModel } from '../contract/requests.js';
import { jobRequest, trainingShapes, trainRequest } from './requests.js';
import { parseSettings } from './settings.js';
import { count, flag, name, nullOr, oneOf, record, refuse, texts } from './validate.js';

const PATH_KINDS = ['open-folder', 'open-files', 'output-folder', 'open-model', 'save-model'] as const;

/** Every method with the checks of its arguments: the only way from a transport to the service. */
const CALLS: { readonly [M in AppMethod]: (api: AppApi, args: readonly unknown[]) => Promise<unknown> } = {
  about: (api) => api.about(),
  choosePaths: (api, [what]) => api.choosePaths(oneOf(what, PATH_KINDS)),
  listFolder: (api, [path]) => api.listFolder(nullOr(path, name)),
  showInFolder: (api, [path]) => api.showInFolder(name(path)),
  openInput: (api, [paths]) => api.openInput(texts(paths)),
  closeInput: (api, [input]) => api.closeInput(name(input)),
  inputs: (api) => api.inputs(),
  measureNoise: (api, [series]) => api.measureNoise(name(series)),
  startJob: (api, [request, place]) =>
    api.startJob(jobRequest(request), oneOf(place, ['first', 'last'] as const)),
  cancelJob: (api, [job]) => api.cancelJob(name(job)),
  finishJob: (api, [job]) => api.finishJob(name(job)),
  retryJob: (api, [job]) => api.retryJob(name(job)),
  removeJob: (api, [job]) => api.removeJob(name(job)),
  moveJob: (api, [job, index]) => api.moveJob(name(job), count(index)),
  pauseQueue: (api, [paused]) => api.pauseQueue(flag(paused)),
  jobs: (api) => api.jobs(),
  jobLog: (api, [job]) => api.jobLog(name(job)),
  models: (api) => api.models(),
  modelDetails: (api, [id]) => api.modelDetails(name(id)),
  importModel: (api, [path, called, foreign]) =>
    api.importModel(name(path), nullOr(called, name), nullOr(foreign, foreignModel)),
  exportModel: (api, [id, path, decoder]) => api.exportModel(name(id), name(path), flag(decoder)),
  deleteModel: (api, [id]) => api.deleteModel(name(id)),
  families: (api) => api.families(),
  checkTraining: (api, [request, series]) => api.checkTraining(trainRequest(request), trainingShapes(series)),
  settings: (api) => api.settings(),
  saveSettings: (api, [settings]) => api.saveSettings(parseSettings(settings)),
  storage: (api) => api.storage(),
  cleanStorage: (api) => api.cleanStorage(),
  cleanTraces: (api) => api.cleanTraces(),
  devices: (api) => api.devices(),
  testDevice: (api, [device]) => api.testDevice(oneOf(device, DEVICE_NAMES)),
};

/** Calls a method as a transport received it. @throws LimpidError E_USAGE for what is not in the contract */
export async function call(api: AppApi, method: unknown, args: unknown): Promise<unknown> {
  const known = APP_METHODS.find((one) => one === method);
  if (known === undefined) throw refuse('there is no such method');
  if (!Array.isArray(args)) throw refuse('the arguments are not a list');
  return CALLS[known](api, args);
}

function foreignModel(value: unknown): ForeignModel {
  const { layout, gives, white } = record(value, 'foreign');
  if (typeof white !== 'number' || !(white > 0)) throw refuse('white is not a positive number');
  return {
    layout: oneOf(layout, ['auto', 'nchw', 'nhwc'] as const),
    gives: oneOf(gives, ['image', 'noise'] as const),
    white,
  };
}
