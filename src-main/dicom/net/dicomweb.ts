import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { fault, type LimpidError } from '../../contract/errors.js';
import type { Storable } from './storable.js';

/** A DICOMweb service (PS3.18). */
export interface WebPeer {
  /** Without `/studies` and without a slash at its end. */
  readonly url: string;
  /** Bearer token; null where none is asked for. */
  readonly token: string | null;
}

/**
 * Whether the service answers a search for studies (QIDO-RS, PS3.18 section 10.6).
 *
 * @throws LimpidError E_NETWORK
 */
export async function webEcho(peer: WebPeer): Promise<void> {
  const { status } = await webRequest(peer, '/studies?limit=1', {
    method: 'GET',
    headers: { accept: JSON_TYPE },
  });
  // 204: it holds nothing yet.
  if (status !== 200 && status !== 204) throw refused(status);
}

const SILENCE_MS = 120_000;
/** What is handed to the connection at a time: small, so that a slow one is heard to go on. */
const PIECE_BYTES = 65_536;
const JSON_TYPE = 'application/dicom+json';

/**
 * Stores instances (STOW-RS, PS3.18 section 10.5), each as its file is.
 *
 * @param bytesOf a whole file
 * @param done called for each as soon as the service has answered for it; null: stored
 * @throws LimpidError E_NETWORK where the service cannot be reached or refuses the request as a whole
 */
export async function stow(
  peer: WebPeer,
  instances: readonly Storable[],
  bytesOf: (instance: Storable) => Promise<Uint8Array>,
  done: (instance: Storable, failure: number | null) => void,
): Promise<void> {
  // One request an instance: what was stored is known one by one, and memory holds one.
  for (const instance of instances) {
    const boundary = `limpid-${randomBytes(12).toString('hex')}`;
    const body = [
      Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, 'latin1'),
      await bytesOf(instance),
      Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'),
    ];
    const { status, text } = await webRequest(peer, '/studies', {
      method: 'POST',
      headers: {
        'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
        accept: JSON_TYPE,
      },
      body,
    });
    // 409: the one instance was refused, and the answer says why (PS3.18 section 10.5.3).
    if (status !== 200 && status !== 202 && status !== 409) throw refused(status);
    const failure = failureOf(text, instance.sopInstance);
    done(instance, failure ?? (status === 409 ? 0x0110 : null));
  }
}

/** Failure Reason of an instance in the answer; null where it is not among those that failed. */
function failureOf(text: string, sopInstance: string): number | null {
  const failed = values(field(parse(text), '00081198'));
  for (const one of failed)
    if (values(field(one, '00081155')).includes(sopInstance)) {
      const [reason] = values(field(one, '00081197'));
      return typeof reason === 'number' ? reason : 0x0110;
    }
  return null;
}

/** A member of what an answer holds in the DICOM JSON model (PS3.18 annex F), by its name; undefined where it has none such. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function values(value: unknown): readonly unknown[] {
  const list = field(value, 'Value');
  return Array.isArray(list) ? list : [];
}

export function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // Some services answer in XML whatever is asked for, or with nothing: the status counts then.
    return null;
  }
}

export interface WebAnswer {
  readonly status: number;
  /** The whole body; empty where it is streamed. */
  readonly text: string;
  readonly contentType: string;
  /** The body as it comes, where that was asked for and the status is 200; else nothing. */
  readonly stream: AsyncIterable<Uint8Array>;
}

/** Asks a service. Redirections are not followed: the token is for this service alone. @throws LimpidError E_NETWORK */
export async function webRequest(
  { url, token }: WebPeer,
  path: string,
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Parts of it, one after the other. */
    readonly body?: readonly Uint8Array[];
    readonly streamed?: boolean;
  },
): Promise<WebAnswer> {
  const parts = request.body ?? [];
  const silence = new AbortController();
  // Of silence, not in all: what is sent and what is streamed may take as long as it takes.
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
      method: request.method,
      headers: {
        ...request.headers,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        // Said, for else it goes in chunks of unknown length, which some services refuse.
        ...(parts.length === 0 ? {} : { 'content-length': String(lengthOf(parts)) }),
      },
      ...(parts.length === 0 ? {} : { body: sent(parts, timer), duplex: 'half' }),
      redirect: 'error',
      signal: silence.signal,
    });
    const { status, body } = response;
    const contentType = response.headers.get('content-type') ?? '';
    if (request.streamed === true && status === 200 && body !== null)
      return { status, text: '', contentType, stream: heard(body, timer) };
    const text = await response.text();
    clearTimeout(timer);
    return { status, text, contentType, stream: nothing() };
  } catch (error) {
    clearTimeout(timer);
    throw fault('E_NETWORK/dicomweb', {}, undefined, error);
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Pieces of a body, each asked for once there is room for it on its way. */
async function* sent(parts: readonly Uint8Array[], timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  for (const part of parts)
    for (let at = 0; at < part.length; at += PIECE_BYTES) {
      timer.refresh();
      yield part.subarray(at, at + PIECE_BYTES);
    }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* heard(body: AsyncIterable<Uint8Array>, timer: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } catch (error) {
    throw fault('E_NETWORK/dicomweb', {}, undefined, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The bearer token that stands in a file; null where none is named. @throws LimpidError E_NOT_FOUND */
export async function readToken(file: string | null): Promise<string | null> {
  if (file === null) return null;
  try {
    return (await fs.readFile(file, 'utf8')).trim();
  } catch (error) {
    throw fault('E_NOT_FOUND/token', {}, undefined, error);
  }
}

export function refused(status: number): LimpidError {
  const why = status === 401 || status === 403 ? 'token' : status === 507 ? 'room' : 'other';
  return fault('E_NETWORK/dicomweb-status', { status, why });
}
