import type { AppApi } from './app.js';

/** Every method that the window may call: the allowlist of both transports. */
export const APP_METHODS = [
  'about',
  'choosePaths',
  'listFolder',
  'showInFolder',
  'openInput',
  'closeInput',
  'inputs',
  'measureNoise',
  'startJob',
  'cancelJob',
  'finishJob',
  'retryJob',
  'removeJob',
  'moveJob',
  'pauseQueue',
  'jobs',
  'jobLog',
  'models',
  'modelDetails',
  'importModel',
  'exportModel',
  'deleteModel',
  'families',
  'checkTraining',
  'log',
  'settings',
  'saveSettings',
  'storage',
  'cleanStorage',
  'cleanTraces',
  'devices',
  'testDevice',
] as const satisfies readonly (keyof AppApi)[];

export type AppMethod = (typeof APP_METHODS)[number];
