import * as fs from 'node:fs/promises';
import { hasCode } from '../base/files.js';
import { fault, LimpidError } from '../contract/errors.js';

/** Where Redis listens, as ioredis takes it. */
export interface QueueAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername: string };
}

/**
 * Reads the address of a queue: redis://[user:password@]host[:port][/database], rediss:// with TLS, or a file whose
 * first line is one, so that a password stands in no list of processes.
 *
 * @throws LimpidError E_USAGE, E_NOT_FOUND, E_IO
 */
export async function readAddress(given: string): Promise<QueueAddress> {
  const text = /^rediss?:\/\//i.test(given) ? given : await firstLine(given);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') throw wrong();
  const path = /^\/?(\d{0,4})$/.exec(url.pathname);
  if (path === null) throw wrong();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(path[1]),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: { servername: host } } : {}),
  };
}

function wrong(): LimpidError {
  return fault('E_USAGE/queue-address');
}

async function firstLine(file: string): Promise<string> {
  try {
    return (await fs.readFile(file, 'utf8')).split('\n', 1)[0].trim();
  } catch (error) {
    // A name that is no file is most likely a misspelt address; neither is repeated, for it may hold a password.
    throw hasCode(error, 'ENOENT', 'EISDIR', 'ENAMETOOLONG') ? wrong() : error;
  }
}

/** What of an error of Redis or the network is told: never the address. */
export function queueFault(error: unknown): LimpidError {
  if (error instanceof LimpidError) return error;
  const text = error instanceof Error ? error.message : '';
  if (/WRONGPASS|NOAUTH|NOPERM/.test(text)) return fault('E_NETWORK/queue-password', {}, undefined, error);
  return fault('E_NETWORK/queue', {}, undefined, error);
}
