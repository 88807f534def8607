/**
 * Stands in for the module `electron` of the main process: real Node for main, a real chromium page for the window, a
 * real child process for each utility process. See docs/security.md for what it cannot show.
 */
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeBrowser, openPage, toApp } from './browser.mjs';
import { listen } from './control.mjs';
import { state, strict } from './state.mjs';

class App extends EventEmitter {
  /** The archive of a package, or none: run from the sources. */
  isPackaged = process.env.STAND_IN_ARCHIVE !== undefined;
  paths = new Map();
  quitting = false;
  whenReady() {
    return new Promise((resolve) => setImmediate(resolve));
  }
  getAppPath() {
    return process.env.STAND_IN_ARCHIVE;
  }
  /** Another start has it where the test says so. */
  requestSingleInstanceLock() {
    return process.env.STAND_IN_LOCKED === undefined;
  }
  commandLine = strict('commandLine', {
    appendSwitch: (name, value) => state.switches.push([name, value ?? '']),
  });
  setAppUserModelId(id) {
    state.appId = id;
  }
  enableSandbox() {
    state.sandboxed = true;
  }
  setPath(name, value) {
    this.paths.set(name, value);
  }
  quit() {
    let prevented = false;
    this.emit('before-quit', {
      preventDefault() {
        prevented = true;
      },
    });
    if (!prevented) void this.exit(0);
  }
  async exit(code) {
    for (const child of state.children) child.process.kill('SIGKILL');
    await closeBrowser();
    process.exit(code);
  }
}

class WebContents extends EventEmitter {
  sending = Promise.resolve();
  constructor(window) {
    super();
    this.window = window;
  }
  setWindowOpenHandler(handler) {
    this.openHandler = handler;
  }
  isDestroyed() {
    return this.window.destroyed;
  }
  mayNavigate(details) {
    let prevented = false;
    const event = {
      ...details,
      preventDefault() {
        prevented = true;
      },
    };
    this.emit('will-frame-navigate', event);
    return !prevented;
  }
  send(channel, ...args) {
    const values = structuredClone(args);
    const { page } = this.window;
    if (page === null) return;
    this.sending = this.sending
      .then(() => page.evaluate(([c, v]) => window.standInEmit?.(c, v), [channel, values]))
      .catch(() => undefined);
  }
  async receive(frame, channel, args) {
    const parent = frame.parentFrame();
    const senderFrame = { url: toApp(frame.url()), parent: parent === null ? null : {} };
    return this.dispatch(channel, args, senderFrame);
  }
  async dispatch(channel, args, senderFrame) {
    const handler = state.ipc.get(channel);
    const event = { sender: this, senderFrame };
    if (handler === undefined && ipcMain.listenerCount(channel) === 0)
      return { error: `No handler registered for '${channel}'` };
    try {
      if (handler === undefined) ipcMain.emit(channel, event, ...structuredClone(args));
      return { value: structuredClone(await handler?.(event, ...structuredClone(args))) };
    } catch (error) {
      return { error: `Error invoking remote method '${channel}': ${error}` };
    }
  }
  startDrag(item) {
    state.drags.push(item.files);
  }
}

class Window extends EventEmitter {
  page = null;
  destroyed = false;
  constructor(options) {
    super();
    this.options = options;
    this.webContents = strict('webContents', new WebContents(this));
    state.windows.push(this);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url) {
    this.page = await openPage(this, url);
    this.emit('ready-to-show');
    process.send({ opened: true });
  }
  show() {
    this.visible = true;
  }
  focus() {
    this.focused = true;
  }
  isFocused() {
    return false;
  }
  isMinimized() {
    return false;
  }
  isMaximized() {
    return false;
  }
  isFullScreen() {
    return false;
  }
  isDestroyed() {
    return this.destroyed;
  }
  getNormalBounds() {
    return { x: 10, y: 20, width: 1200, height: 800 };
  }
  setProgressBar(value) {
    state.progress.push(value);
  }
}

class UtilityProcess extends EventEmitter {
  constructor(file, args, options) {
    super();
    const preload = fileURLToPath(new URL('./parent-port.mjs', import.meta.url));
    this.process = fork(file, args, {
      serialization: 'advanced',
      execArgv: ['--import', preload],
      env: options.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.file = file;
    this.env = options.env;
    state.children.push(this);
    this.process.on('message', (message) => {
      // What was under way when the process ended is lost.
      if (this.ended) return;
      this.heard = true;
      this.emit('message', message);
    });
    this.process.on('exit', (code) => {
      this.ended = true;
      this.emit('exit', code);
      // Electron tells it twice of a script that cannot be loaded (electron/electron#44012).
      if (!this.heard && code === 1) this.emit('exit', code);
    });
  }
  ended = false;
  heard = false;
  get pid() {
    return this.process.pid;
  }
  postMessage(message) {
    // It ended the main process where it was called by a listener of 'exit' (electron/electron#53923).
    if (this.ended) throw new Error('stand-in: postMessage to a utility process that has ended');
    if (this.process.connected) this.process.send(message, () => undefined);
  }
  kill() {
    return this.process.kill();
  }
}

export const app = strict('app', new App());
export const BrowserWindow = new Proxy(Window, {
  construct: (target, args) => strict('BrowserWindow', new target(...args)),
  get: (target, key) => {
    if (key === 'getAllWindows') return () => state.windows.filter(({ destroyed }) => !destroyed);
    return Reflect.get(target, key);
  },
});
export const ipcMain = Object.assign(new EventEmitter(), {
  handle(channel, handler) {
    if (state.ipc.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    state.ipc.set(channel, handler);
  },
});
export const protocol = strict('protocol', {
  registerSchemesAsPrivileged(schemes) {
    state.schemes.push(...schemes.map(({ scheme }) => scheme));
    state.privileges.push(...schemes);
  },
});
export const session = strict('session', {
  defaultSession: strict('defaultSession', {
    protocol: strict('protocol', { handle: (scheme, handler) => state.handlers.set(scheme, handler) }),
    setPermissionRequestHandler: (handler) => {
      state.permission = handler;
    },
    setPermissionCheckHandler: (handler) => {
      state.permissionCheck = handler;
    },
    setDevicePermissionHandler: () => undefined,
    setSpellCheckerEnabled: (enabled) => {
      state.spellChecker = enabled;
    },
    webRequest: strict('webRequest', {
      onBeforeRequest(listener) {
        state.mayRequest = (url) => {
          let cancelled = false;
          listener({ url }, ({ cancel }) => {
            cancelled = cancel === true;
          });
          return !cancelled;
        };
      },
    }),
    on: (name, listener) => state.session.on(name, listener),
  }),
});
export const Menu = strict('Menu', {
  buildFromTemplate: (template) => template,
  setApplicationMenu: (menu) => {
    state.menu = menu;
  },
});
export const dialog = strict('dialog', {
  showOpenDialog: async (_owner, options) => {
    state.shown.push(options);
    return { canceled: false, filePaths: state.dialogs.shift() ?? [] };
  },
  showSaveDialog: async (_owner, options) => {
    state.shown.push(options);
    return { canceled: false, filePath: state.dialogs.shift()?.[0] ?? '' };
  },
  showErrorBox(title, content) {
    state.errors.push({ title, content });
    process.send({ box: `${title}\n${content}` });
  },
});
export const shell = strict('shell', { showItemInFolder: (place) => state.shown.push(place) });
export const screen = strict('screen', {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
});
export const powerSaveBlocker = strict('powerSaveBlocker', {
  start: (kind) => {
    state.blockers.add(kind);
    return 1;
  },
  stop: () => state.blockers.clear(),
});
export const nativeImage = strict('nativeImage', { createFromBitmap: () => ({}) });
export class Notification extends EventEmitter {
  static isSupported() {
    return true;
  }
  constructor(options) {
    super();
    this.options = options;
  }
  show() {
    state.notifications.push(this.options);
  }
}
export const utilityProcess = strict('utilityProcess', {
  fork: (file, args, options) => strict('UtilityProcess', new UtilityProcess(file, args, options)),
});

listen(app);
