import { createRequire } from 'node:module';
import * as path from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, session } from 'electron';
import { samplePlaces } from '../app/samples.js';
import { type AppService, openService } from '../app/service.js';
import { homeFolder } from '../base/home.js';
import { problemFrom } from '../contract/errors.js';
import { desktop, startDrag } from './desktop.js';
import { guardContents, guardSession, keepOffline } from './guards.js';
import { carryContract, sendEvents } from './ipc.js';
import { buildMenu } from './menu.js';
import { pathsOf } from './open-with.js';
import { registerScheme, serveScheme } from './protocol.js';
import { utilitySpawn } from './spawn.js';
import { requireUntouched } from './unpacked.js';
import { openWindow } from './window.js';
import { showWork } from './work-signs.js';

/** Built files that the app is made of. */
export interface AppPlaces {
  readonly compute: string;
  readonly library: string;
  readonly devices: string;
  readonly preload: string;
  readonly app: string;
  /** Of the installation, which holds the samples. */
  readonly root: string;
}

const DARK = '#0b0d10';
/** `appId` of electron-builder.yml: Windows groups windows, and shows notifications, by it. */
const APP_ID = 'org.limpid.app';

/** The desktop app, from its start to its end. */
export function startApp(places: AppPlaces): void {
  const home = homeFolder();
  app.setPath('userData', path.join(home, 'window'));
  app.setAppUserModelId(APP_ID);
  // A second start hands its files to the first.
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  keepOffline(app);
  registerScheme();
  guardContents(app);
  const waiting = pathsOf(process.argv, process.cwd(), app.isPackaged);
  let open: (paths: readonly string[]) => void = (paths) => waiting.push(...paths);
  app.on('open-file', (event, file) => {
    event.preventDefault();
    open([file]);
  });
  app.on('second-instance', (_event, argv, folder) => {
    show(currentWindow());
    open(pathsOf(argv, folder, app.isPackaged));
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app
    .whenReady()
    .then(async () => {
      const service = await begin(home, places);
      open = (paths) => {
        // An input that fails shows its reason in the window; what fails before there is one is in the log.
        if (paths.length > 0) service.api.openInput(paths).catch(problemFrom);
      };
      open(waiting.splice(0));
    })
    .catch(failed);
}

async function begin(home: string, places: AppPlaces): Promise<AppService> {
  // Before anything that lies beside the archive is loaded.
  if (app.isPackaged) {
    // To Electron's own fs an archive is a folder.
    const original: typeof import('node:fs') = createRequire(import.meta.url)('original-fs');
    await requireUntouched(app.getAppPath(), original.promises);
  }
  const service = await openService({
    home,
    spawn: utilitySpawn,
    entries: places,
    samples: samplePlaces(places.root),
    transport: 'electron',
    desktop: desktop(currentWindow),
    probeFirst: true,
  });
  endWith(service);
  guardSession(session.defaultSession);
  serveScheme(session.defaultSession, service, places.app);
  carryContract(ipcMain, service, startDrag);
  showWork(service, currentWindow);
  const developer = !app.isPackaged;
  Menu.setApplicationMenu(
    buildMenu((command) => service.publish({ type: 'command', command }), { developer }),
  );
  const openOne = () =>
    openWindow({
      preload: places.preload,
      stateFile: path.join(home, 'window.json'),
      background: DARK,
      developer,
      prepare: (window) => sendEvents(window.webContents, service),
    });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openOne().catch(failed);
  });
  await openOne();
  return service;
}

/** The running job is stopped with its checkpoint before the app ends; it goes on at the next start. */
function endWith(service: AppService): void {
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    closed = true;
    service.close().finally(() => app.quit());
  });
}

function currentWindow(): BrowserWindow | null {
  return BrowserWindow.getAllWindows()[0] ?? null;
}

function show(window: BrowserWindow | null): void {
  if (window === null) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

function failed(error: unknown): void {
  const { code, message, remedy } = problemFrom(error);
  dialog.showErrorBox('Limpid could not start', `${message}\n${remedy}\n(${code})`);
  app.exit(1);
}
