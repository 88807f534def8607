/**
 * Put before the preload in the page: runs it as Electron runs a sandboxed preload, with electron as the only module,
 * for the main frame only. What crosses the bridge is cloned, as there.
 */
window.standInRun = (body) => {
  const invoke = window.standInInvoke;
  delete window.standInInvoke;
  delete window.standInRun;
  if (window.top !== window) return;
  const listeners = new Map();
  const ipcRenderer = {
    async invoke(channel, ...args) {
      const reply = await invoke(channel, structuredClone(args));
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply.value;
    },
    send: (channel, ...args) => void invoke(channel, structuredClone(args)),
    on(channel, listener) {
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener));
      return this;
    },
    removeListener(channel, listener) {
      listeners.get(channel)?.delete(listener);
      return this;
    },
  };
  Object.defineProperty(window, 'standInEmit', {
    value: (channel, args) => {
      for (const listener of listeners.get(channel) ?? []) listener({}, ...args);
    },
  });
  const through = (value) => (typeof value === 'function' ? bridged(value) : structuredClone(value));
  const bridged = (value) => {
    if (typeof value === 'function')
      return (...args) => {
        const result = value(...args.map(through));
        return result instanceof Promise ? result.then(through) : through(result);
      };
    const entries = Object.entries(value).map(([key, member]) => [key, through(member)]);
    return Object.freeze(Object.fromEntries(entries));
  };
  const electron = {
    contextBridge: {
      exposeInMainWorld: (key, value) =>
        Object.defineProperty(window, key, { value: bridged(value), writable: false, configurable: false }),
    },
    ipcRenderer,
    // A file that a test makes is nowhere on disk, and Electron says '' of those.
    webUtils: { getPathForFile: () => '' },
  };
  const module = { exports: {} };
  body(
    (name) => {
      if (name !== 'electron') throw new Error(`module not found: ${name} (the preload is sandboxed)`);
      return electron;
    },
    module,
    module.exports,
  );
};
