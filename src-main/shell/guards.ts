import type { App, Session, WebContents } from 'electron';
import { isOurs, isReport, SCHEME } from './origin.js';

/** What every page of the app is kept from, whatever runs in it. Numbers are those of docs/security.md. */
export function guardContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => guard(contents));
}

function guard(contents: WebContents): void {
  // 14: no new windows.
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  // 13: the window stays where it is; a frame inside it shows reports only.
  contents.on('will-frame-navigate', (event) => {
    const allowed = event.isMainFrame ? isOurs(event.url) && !isReport(event.url) : isReport(event.url);
    if (!allowed) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  // 12: no <webview>.
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

export function guardSession(session: Session): void {
  // 5: the window needs no camera, place, notification or clipboard of the web platform.
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  // 1: nothing is loaded from elsewhere, even if a policy were missing.
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isLocal(details.url) }));
  session.on('will-download', (event) => event.preventDefault());
}

function isLocal(address: string): boolean {
  return [`${SCHEME}:`, 'blob:', 'data:', 'devtools:'].some((scheme) => address.startsWith(scheme));
}
