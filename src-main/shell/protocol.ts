import { protocol, type Session } from 'electron';
import { getContent, refusal } from '../app/content.js';
import type { AppService } from '../app/service.js';
import { problemOf } from '../contract/errors.js';
import { HOST, SCHEME } from './origin.js';

/** To be called before the app is ready. Security checklist 18: a scheme of our own instead of file://. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the window and the resources of the service below app://limpid. */
export function serveScheme(session: Session, service: AppService, appFolder: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url);
    const { status, headers, body } =
      url.host === HOST && request.method === 'GET'
        ? await getContent(service, appFolder, url.pathname)
        : refusal(problemOf('E_NOT_FOUND/address'));
    return new Response(Uint8Array.from(body), { status, headers: { ...headers } });
  });
}
