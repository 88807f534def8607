import * as fs from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { asFileError } from '../../base/files.js';
import { fault } from '../../contract/errors.js';

/** The files that electron-builder writes are some hundred bytes long. */
const MOST_BYTES = 65_536;
const SILENCE_MS = 15_000;
const THIS_COMPUTER = ['127.0.0.1', '[::1]', 'localhost'];

/**
 * Whether newer versions can be looked for there: an address with https, of this computer with http too, or a whole path.
 *
 * @throws LimpidError E_USAGE
 */
export function requirePlace(place: string): void {
  if (!isWeb(place)) {
    if (path.isAbsolute(place)) return;
    throw fault('E_USAGE/update-place');
  }
  const url = URL.canParse(place) ? new URL(place) : null;
  const isSafe = url?.protocol === 'https:' || (url !== null && THIS_COMPUTER.includes(url.hostname));
  // An address is shown and kept as it is: what is secret does not belong into it.
  if (url === null || !isSafe || url.username !== '' || url.password !== '')
    throw fault('E_USAGE/update-place');
}

/**
 * Reads a file that announces a version, at an address or in the file system. Of a folder, or an address that ends with
 * a slash, it is the one that electron-builder writes for this system.
 *
 * @returns its text, and where it was
 * @throws LimpidError E_USAGE, E_NETWORK, E_NOT_FOUND, E_IO, E_UPDATE
 */
export async function readPlace(
  place: string,
  name = fileName(),
): Promise<{ readonly text: string; readonly at: string }> {
  requirePlace(place);
  if (isWeb(place)) {
    const url = new URL(place);
    const at = url.pathname.endsWith('/') ? new URL(name, url).href : url.href;
    return { text: await overNetwork(at), at };
  }
  try {
    const at = (await fs.stat(place)).isDirectory() ? path.join(place, name) : place;
    if ((await fs.stat(at)).size > MOST_BYTES) throw tooLong(at);
    return { text: await fs.readFile(at, 'utf8'), at };
  } catch (error) {
    throw asFileError(error, place);
  }
}

/** As electron-builder names what it writes beside the installers of a system. */
export function fileName(system: string = process.platform, processor: string = process.arch): string {
  if (system === 'win32') return 'latest.yml';
  if (system === 'darwin') return 'latest-mac.yml';
  return processor === 'x64' ? 'latest-linux.yml' : `latest-linux-${processor}.yml`;
}

const isWeb = (place: string): boolean => /^https?:\/\//i.test(place);
const tooLong = (at: string) => fault('E_UPDATE/length', { most: MOST_BYTES }, at);

/**
 * One GET, which says nothing but the address: fetch would add headers of its own. Redirections are not followed: no
 * other server is asked than the one that was named.
 */
function overNetwork(at: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      const { statusCode: status = 0 } = response;
      if (status !== 200) {
        response.destroy();
        reject(fault('E_NETWORK/update-status', { status }, at));
        return;
      }
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > MOST_BYTES) {
          reject(tooLong(at));
          response.destroy();
        }
        parts.push(part);
      });
      response.on('error', failed);
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    };
    const failed = (error: Error): void => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      reject(fault('E_NETWORK/update', { code }, at, error));
    };
    const options = { agent: false, headers: { connection: 'close' } };
    const request = at.startsWith('https:')
      ? https.get(at, { ...options, ...trusted() }, answered)
      : http.get(at, options, answered);
    request.on('error', failed);
    // Of the whole: a server that sends a byte now and then is not waited for.
    const timer = setTimeout(() => {
      const error: NodeJS.ErrnoException = new Error('no answer in time');
      error.code = 'ETIMEDOUT';
      request.destroy(error);
    }, SILENCE_MS);
    request.on('close', () => clearTimeout(timer));
  });
}

/**
 * The authorities of the system beside those of Node, where Node can tell them (from 22.15 on, and so in the desktop
 * app): a server of a hospital has its certificate from an authority of the hospital's own, which its computers trust.
 */
function trusted(): { readonly ca?: string[] } {
  const list: unknown = Reflect.get(tls, 'getCACertificates');
  if (typeof list !== 'function') return {};
  const all = ['default', 'system'].flatMap((kind): unknown => list(kind));
  return { ca: all.filter((one) => typeof one === 'string') };
}
