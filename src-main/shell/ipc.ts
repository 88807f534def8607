import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { call } from '../app/calls.js';
import { checked } from '../app/checked.js';
import type { AppService } from '../app/service.js';
import { fault, problemFrom } from '../contract/errors.js';
import { texts } from '../contract/schema/schema.js';
import { type Answer, CHANNELS } from '../contract/window/transport.js';
import { isWindow } from './origin.js';

/** Carries the contract over Electron's IPC. Every message is checked for who sent it (security checklist 17). */
export function carryContract(
  ipc: IpcMain,
  service: AppService,
  dragOut: (contents: WebContents, paths: readonly string[]) => void,
): void {
  ipc.handle(CHANNELS.call, async (event, method: unknown, args: unknown): Promise<Answer<unknown>> => {
    try {
      requireOurs(event);
      return { value: await call(service.api, method, args) };
    } catch (error) {
      return { problem: problemFrom(error) };
    }
  });
  ipc.on(CHANNELS.dragOut, (event, paths: unknown) => {
    void (async () => {
      requireOurs(event);
      const given = checked(texts, paths, 'paths');
      for (const place of given) if (!(await service.isOutput(place))) return;
      if (given.length > 0) dragOut(event.sender, given);
      // A page that is not ours, or names no files, gets no answer: the log tells of it.
    })().catch(problemFrom);
  });
}

/** Events of the service to a window, until it closes. */
export function sendEvents(contents: WebContents, service: AppService): void {
  const end = service.subscribe((event) => {
    if (!contents.isDestroyed()) contents.send(CHANNELS.event, event);
  });
  contents.on('destroyed', end);
}

/** @throws LimpidError E_USAGE unless the main frame of our own page speaks: not a report, not a page from elsewhere */
function requireOurs({ senderFrame }: IpcMainInvokeEvent | IpcMainEvent): void {
  if (senderFrame === null || !isWindow(senderFrame.url, senderFrame.parent === null))
    throw fault('E_USAGE/sender');
}
