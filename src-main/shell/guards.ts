import type { App, Session, WebContents } from 'electron';
import { isOurBlob, isReport, isWindow, SCHEME } from './origin.js';

/** What every page of the app is kept from, whatever runs in it. Numbers are those of docs/security.md. */
export function guardContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => guard(contents));
}

function guard(contents: WebContents): void {
  // 14: no new windows.
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  // 13: the window stays where it is; a frame inside it shows reports only.
  contents.on('will-frame-navigate', (event) => {
    const allowed = event.isMainFrame ? isWindow(event.url, true) : isReport(event.url);
    if (!allowed) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  // 12: no <webview>.
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** What Chromium would do on the network by itself, whatever the window asks for. */
const OFFLINE: readonly (readonly [name: string, value?: string])[] = [
  // No name is looked up and no proxy is asked: whatever tried to connect would find nothing.
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  ['no-proxy-server'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
];

const COPY = 'clipboard-sanitized-write';

/** To be called before the app is ready. */
export function keepOffline(app: App): void {
  for (const [name, value] of OFFLINE) app.commandLine.appendSwitch(name, value);
}

export function guardSession(session: Session): void {
  // Its dictionaries would be fetched.
  session.setSpellCheckerEnabled(false);
  // 5: the window needs no camera, place or notification, and of the clipboard only to write to it after a click or a
  // key; what is in a frame, or asks for no page, needs nothing.
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl, isMainFrame }) =>
    answer(permission === COPY && isWindow(requestingUrl, isMainFrame)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, _origin, { requestingUrl, isMainFrame }) =>
      permission === COPY && requestingUrl !== undefined && isWindow(requestingUrl, isMainFrame),
  );
  session.setDevicePermissionHandler(() => false);
  // 1: nothing is loaded from elsewhere, even if a policy were missing.
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isLocal(details.url) }));
  // 5: a blob of our origin is what the window itself made: the system asks where to put it. Nothing else is saved.
  session.on('will-download', (event, item, _contents, frame) => {
    const ours = frame !== null && isWindow(frame.url, frame.parent === null) && isOurBlob(item.getURL());
    if (!ours) event.preventDefault();
  });
}

function isLocal(address: string): boolean {
  return [`${SCHEME}:`, 'blob:', 'data:', 'devtools:'].some((scheme) => address.startsWith(scheme));
}
