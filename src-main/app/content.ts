import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode, isInside } from '../base/files.js';
import { type Problem, problemFrom, problemOf } from '../contract/errors.js';
import { resourceAt } from '../contract/window/resources.js';
import type { AppService } from './service.js';

/** An answer to a GET below the origin of the app, whatever carries it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Of the window: only its own files, nothing inline, nothing from elsewhere. */
const WINDOW_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of a report: a page of its own origin without access to the app; its own policy names its script by hash. */
const REPORT_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-scripts',
].join('; ');

const HTML = 'text/html; charset=utf-8';
const JSON_TEXT = 'application/json; charset=utf-8';
const PNG = 'image/png';
const TYPES: Readonly<Record<string, string>> = {
  '.html': HTML,
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': JSON_TEXT,
  '.svg': 'image/svg+xml',
  '.png': PNG,
  '.woff2': 'font/woff2',
};

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Frames, thumbnails and reports of the service, else a file of the built window. Never throws. */
export async function getContent(service: AppService, appFolder: string, pathname: string): Promise<Reply> {
  try {
    const resource = resourceAt(pathname);
    if (resource === null) return await getFile(appFolder, pathname === '/' ? '/index.html' : pathname);
    const content = await service.resource(resource);
    switch (content.kind) {
      case 'frame':
        return reply(200, 'application/octet-stream', content.body, {
          'x-limpid-frame': JSON.stringify(content.header),
        });
      case 'png':
        return reply(200, PNG, content.body);
      case 'html':
        return reply(200, HTML, content.body, { 'content-security-policy': REPORT_POLICY });
      case 'json':
        return reply(200, JSON_TEXT, content.body);
      case 'pdf':
        return reply(200, 'application/pdf', content.body, { 'content-disposition': 'attachment' });
      case 'bytes':
        return reply(200, 'application/octet-stream', content.body);
    }
  } catch (error) {
    return refusal(problemFrom(error));
  }
}

/** A problem as the body of an answer; the window reads it back. */
export function refusal(problem: Problem, status = problem.code === 'E_NOT_FOUND' ? 404 : 500): Reply {
  return reply(status, JSON_TEXT, Buffer.from(JSON.stringify({ problem })));
}

export function reply(
  status: number,
  type: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { ...ALWAYS, 'cache-control': 'no-store', 'content-type': type, ...headers },
    body,
  };
}

async function getFile(folder: string, pathname: string): Promise<Reply> {
  const type = TYPES[path.extname(pathname).toLowerCase()];
  const place = type === undefined ? null : placeOf(folder, pathname);
  if (type === undefined || place === null || !(await isInside(place, folder))) return notFound();
  try {
    return reply(200, type, await fs.readFile(place), { 'content-security-policy': WINDOW_POLICY });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EISDIR', 'ENOTDIR')) return notFound();
    throw error;
  }
}

function placeOf(folder: string, pathname: string): string | null {
  try {
    const name = decodeURIComponent(pathname);
    return /[\0\\]/.test(name) ? null : path.join(folder, name);
  } catch {
    // An address with broken escapes names no file: it gets the answer of what is not there.
    return null;
  }
}

function notFound(): Reply {
  return refusal(problemOf('E_NOT_FOUND/address'));
}
