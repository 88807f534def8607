import { resourceAt } from '../contract/window/resources.js';

/** The one origin of the window: its files and all resources of the app. */
export const SCHEME = 'app';
export const HOST = 'limpid';
export const ORIGIN = `${SCHEME}://${HOST}`;

/** True for an address below our origin. Node knows no origins of schemes of our own, so parts are compared. */
export function isOurs(address: string): boolean {
  const url = parsed(address);
  return url !== null && url.protocol === `${SCHEME}:` && url.host === HOST && url.username === '';
}

/**
 * True for the only pages that a frame inside the window may show: what is served as a report, of a job or of a run that
 * was found. It is told by the same reading of the address that serves it.
 */
export function isReport(address: string): boolean {
  const url = isOurs(address) ? parsed(address) : null;
  const resource = url === null ? null : resourceAt(url.pathname);
  return (resource?.kind === 'run-report' || resource?.kind === 'report') && resource.format === 'html';
}

/** True for the window's own page: what may call the app, write to the clipboard and save files. No frame is, and no report. */
export function isWindow(address: string, isMainFrame: boolean): boolean {
  return isMainFrame && isOurs(address) && !isReport(address);
}

/** True for a blob that a page of our origin made. That of a report, whose origin is none, is not ours. */
export function isOurBlob(address: string): boolean {
  return address.startsWith(`blob:${ORIGIN}/`);
}

function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    // What is no address is not ours, and is refused.
    return null;
  }
}
