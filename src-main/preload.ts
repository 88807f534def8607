/**
 * The bridge between the window and the app, run before the page in a world of its own. It passes on the methods of
 * the contract and nothing else: no channel name comes from the page.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { AppEvent } from './contract/window/app.js';
import { APP_METHODS } from './contract/window/methods.js';
import { CHANNELS, type DesktopBridge } from './contract/window/transport.js';

const bridge: DesktopBridge = {
  call: async (method, args) => {
    if (!APP_METHODS.some((known) => known === method)) throw new Error('there is no such method');
    return ipcRenderer.invoke(CHANNELS.call, method, args);
  },
  subscribe: (listener) => {
    const hear = (_event: unknown, event: AppEvent): void => listener(event);
    ipcRenderer.on(CHANNELS.event, hear);
    return () => {
      ipcRenderer.removeListener(CHANNELS.event, hear);
    };
  },
  pathOf: (file) => webUtils.getPathForFile(file),
  dragOut: (paths) => ipcRenderer.send(CHANNELS.dragOut, paths),
};

contextBridge.exposeInMainWorld('limpid', bridge);
