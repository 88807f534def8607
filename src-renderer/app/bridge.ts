import { errorFrom, fault } from '../../src-main/contract/errors.js';
import type { AppApi, AppBridge, AppEvent } from '../../src-main/contract/window/app.js';
import type { AppMethod } from '../../src-main/contract/window/methods.js';
import { resourcePath } from '../../src-main/contract/window/resources.js';
import type { Answer, DesktopBridge, ValueOf } from '../../src-main/contract/window/transport.js';

declare global {
  interface Window {
    /** Of the preload; absent in a browser. */
    readonly limpid?: DesktopBridge;
  }
}

type Call = <M extends AppMethod>(method: M, ...args: Parameters<AppApi[M]>) => Promise<ValueOf<M>>;

/** Files that are sent at a time. */
const UPLOADS_AT_A_TIME = 3;

/** What carries the calls of this window: the preload of the desktop app, else the server that it came from. */
export function openBridge(): AppBridge {
  return window.limpid === undefined ? browserBridge() : desktopBridge(window.limpid);
}

function desktopBridge(desktop: DesktopBridge): AppBridge {
  // State of the window is made of proxies, which cannot be cloned.
  const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
  const dragOut = (paths: readonly string[]) => desktop.dragOut([...paths]);
  return {
    api: apiOver(async <M extends AppMethod>(method: M, ...args: Parameters<AppApi[M]>) =>
      unwrapped<ValueOf<M>>(await desktop.call(method, plain(args))),
    ),
    subscribe: (listener) => desktop.subscribe(listener),
    // Of a file that is not on disk Electron says ''.
    pathOf: (file) => desktop.pathOf(file) || null,
    upload: async () => {
      throw fault('E_USAGE/in-place');
    },
    resourceUrl: resourcePath,
    dragOut,
  };
}

function browserBridge(): AppBridge {
  return {
    api: apiOver((method, ...args) =>
      post(`/api/${method}`, JSON.stringify(args), { 'content-type': 'application/json' }),
    ),
    subscribe: subscribeOverHttp,
    pathOf: () => null,
    upload: uploadFiles,
    resourceUrl: resourcePath,
  };
}

/** One line a method, so that a search for a method finds both its ends. */
function apiOver(call: Call): AppApi {
  return {
    about: () => call('about'),
    log: () => call('log'),
    choosePaths: (what) => call('choosePaths', what),
    listFolder: (path) => call('listFolder', path),
    showInFolder: (path) => call('showInFolder', path),
    openInput: (paths) => call('openInput', paths),
    closeInput: (input) => call('closeInput', input),
    inputs: () => call('inputs'),
    measureNoise: (series) => call('measureNoise', series),
    measurementReport: (measured) => call('measurementReport', measured),
    keyImages: (planes) => call('keyImages', planes),
    keptView: (series) => call('keptView', series),
    keepView: (series, view) => call('keepView', series, view),
    estimateRun: (request, values) => call('estimateRun', request, values),
    runsOf: (series) => call('runsOf', series),
    acceptRun: (run, series, accepted) => call('acceptRun', run, series, accepted),
    trashRun: (run) => call('trashRun', run),
    restoreRun: (run) => call('restoreRun', run),
    reviewOf: (job) => call('reviewOf', job),
    checkRules: (rules) => call('checkRules', rules),
    arrangements: () => call('arrangements'),
    keepArrangements: (arrangements) => call('keepArrangements', arrangements),
    startJob: (request, place) => call('startJob', request, place),
    cancelJob: (job) => call('cancelJob', job),
    finishJob: (job) => call('finishJob', job),
    retryJob: (job) => call('retryJob', job),
    removeJob: (job) => call('removeJob', job),
    moveJob: (job, index) => call('moveJob', job, index),
    pauseQueue: (paused) => call('pauseQueue', paused),
    jobs: () => call('jobs'),
    jobLog: (job) => call('jobLog', job),
    targets: () => call('targets'),
    saveTarget: (target) => call('saveTarget', target),
    removeTarget: (id) => call('removeTarget', id),
    testTarget: (id) => call('testTarget', id),
    sendResult: (run, series, target, despite) => call('sendResult', run, series, target, despite),
    cancelSending: (id) => call('cancelSending', id),
    sendings: () => call('sendings'),
    node: () => call('node'),
    commandNode: (series, action) => call('commandNode', series, action),
    nodeFolders: (series) => call('nodeFolders', series),
    watches: () => call('watches'),
    saveWatch: (draft) => call('saveWatch', draft),
    pauseWatch: (id, paused) => call('pauseWatch', id, paused),
    removeWatch: (id) => call('removeWatch', id),
    commandWatch: (id, series, action) => call('commandWatch', id, series, action),
    watchFolders: (id, series) => call('watchFolders', id, series),
    models: () => call('models'),
    modelDetails: (id) => call('modelDetails', id),
    importModel: (path, name, foreign) => call('importModel', path, name, foreign),
    exportModel: (id, path, part) => call('exportModel', id, path, part),
    deleteModel: (id) => call('deleteModel', id),
    latentIndex: () => call('latentIndex'),
    likeSlice: (series, plane) => call('likeSlice', series, plane),
    families: () => call('families'),
    checkTraining: (request, series) => call('checkTraining', request, series),
    settings: () => call('settings'),
    saveSettings: (settings) => call('saveSettings', settings),
    updates: () => call('updates'),
    lookForUpdates: () => call('lookForUpdates'),
    unreadFiles: () => call('unreadFiles'),
    storage: () => call('storage'),
    cleanStorage: () => call('cleanStorage'),
    cleanTraces: () => call('cleanTraces'),
    devices: () => call('devices'),
    testDevice: (device) => call('testDevice', device),
  };
}

async function post<T>(path: string, body: BodyInit, headers: HeadersInit = {}): Promise<T> {
  let answer: Answer<T>;
  try {
    const response = await fetch(path, { method: 'POST', body, headers });
    answer = await response.json();
  } catch {
    throw fault('E_IO/silent');
  }
  return unwrapped(answer);
}

function unwrapped<T>(answer: Answer<T>): T {
  if ('problem' in answer) throw errorFrom(answer.problem);
  return answer.value;
}

/** The app beats every second: without a beat for so many milliseconds it is taken for gone, and looked for again so often. */
const SILENCE_MS = 2500;
const AGAIN_MS = 1000;

/** Server-Sent Events. Silence, or a connection that broke, is told, and so is the end of it. */
function subscribeOverHttp(listener: (event: AppEvent) => void): () => void {
  let source: EventSource | null = null;
  let heard = performance.now();
  const alive = () => {
    heard = performance.now();
    listener({ type: 'connection', alive: true });
  };
  const connect = () => {
    source = new EventSource('/events');
    source.addEventListener('open', alive);
    source.addEventListener('beat', alive);
    source.addEventListener('error', () => listener({ type: 'connection', alive: false }));
    source.addEventListener('message', (message: MessageEvent<string>) => {
      const event: AppEvent = JSON.parse(message.data);
      listener(event);
    });
  };
  connect();
  const watch = setInterval(() => {
    if (performance.now() - heard > SILENCE_MS) listener({ type: 'connection', alive: false });
    // A browser connects again by itself, but not where it was refused.
    if (source?.readyState === EventSource.CLOSED) connect();
  }, AGAIN_MS);
  return () => {
    clearInterval(watch);
    source?.close();
  };
}

type Upload = Parameters<AppBridge['upload']>[0];

/** Sends files into one folder of the server; returns what was dropped: files, and folders as one. */
async function uploadFiles(files: Upload): Promise<readonly string[]> {
  const batch = [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const dropped = new Set<string>();
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const query = new URLSearchParams({ batch, path: next.relativePath });
      dropped.add(await post<string>(`/upload?${query}`, next.file));
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_A_TIME }, lane));
  return [...dropped];
}
