import { BrowserWindow, screen } from 'electron';
import { ORIGIN } from './origin.js';
import { firstBounds, keepWindowState, readWindowState } from './window-state.js';

/** A page that fails this soon after it was loaded again is left alone. */
const RELOAD_MS = 10_000;

export interface WindowOptions {
  readonly preload: string;
  readonly stateFile: string;
  /** Shown before the page is. */
  readonly background: string;
  readonly developer: boolean;
  /** Called with the window before its page is loaded. */
  readonly prepare: (window: BrowserWindow) => void;
}

export async function openWindow(options: WindowOptions): Promise<BrowserWindow> {
  const state = await readWindowState(options.stateFile, screen.getAllDisplays());
  const window = new BrowserWindow({
    ...(state?.bounds ?? firstBounds()),
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Limpid',
    backgroundColor: options.background,
    // Security checklist 2, 3, 4, 6, 8, 9, 10: said although they are the defaults, so that a test can hold them.
    webPreferences: {
      preload: options.preload,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: options.developer,
    },
  });
  if (state?.maximised) window.maximize();
  window.once('ready-to-show', () => window.show());
  keepWindowState(window, options.stateFile);
  reloadAfterCrash(window);
  options.prepare(window);
  await window.loadURL(`${ORIGIN}/`);
  return window;
}

function reloadAfterCrash(window: BrowserWindow): void {
  let last = Number.NEGATIVE_INFINITY;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    const now = performance.now();
    if (reason === 'clean-exit' || now - last < RELOAD_MS) return;
    last = now;
    window.reload();
  });
}
