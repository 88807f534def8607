import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { LimpidError, problemFrom } from '../../contract/errors.js';
import { isUid } from '../elements/uid.js';
import { field, parse, refused, values, type WebPeer, webRequest } from './dicomweb.js';
import { partsOf } from './multipart.js';
import type { Key, Query } from './query.js';
import { readStorable } from './storable.js';

/** What is read of an answer to a query; tags as in `Attributes`. */
export interface Answer {
  text(tag: string): string | undefined;
  label(tag: string): string | undefined;
  decimal(tag: string): number | undefined;
}

/** Answers that are asked for at a time: services answer 413 to more, and many with fewer than that. */
const PAGE = 500;
const STUDY = 0x0020000d;
const SERIES = 0x0020000e;

/**
 * What matches, one answer after the other (QIDO-RS, PS3.18 section 10.6); of series those of one study.
 *
 * @throws LimpidError E_NETWORK
 */
export async function* search(peer: WebPeer, { level, keys }: Query): AsyncGenerator<Answer> {
  const study = keys.find(({ tag }) => tag === STUDY)?.value ?? '';
  const isSeries = level === 'SERIES' && isUid(study);
  const at = isSeries ? `/studies/${study}/series` : level === 'SERIES' ? '/series' : '/studies';
  const asked = parametersOf(isSeries ? keys.filter(({ tag }) => tag !== STUDY) : keys);
  const own = level === 'SERIES' ? SERIES : STUDY;
  const known = new Set<string>();
  for (let offset = 0; ; ) {
    const { status, text } = await webRequest(peer, `${at}?${asked}&limit=${PAGE}&offset=${offset}`, {
      method: 'GET',
      headers: { accept: 'application/dicom+json' },
    });
    if (status !== 200 && status !== 204) throw refused(status);
    const found = parse(text);
    const answers = Array.isArray(found) ? found : [];
    const before = known.size;
    for (const one of answers) {
      const answer = answerOf(one);
      const uid = answer.text(`x${hex(own)}`);
      if (uid === undefined || known.has(uid)) continue;
      known.add(uid);
      yield answer;
    }
    // Less than was asked for is no end: services cut at a number of their own. One that knows no pages answers with
    // the same again.
    if (known.size === before) return;
    offset += answers.length;
  }
}

function parametersOf(keys: readonly Key[]): string {
  return keys
    .map(({ tag, value }) =>
      value === ''
        ? `includefield=${hex(tag).toUpperCase()}`
        : `${hex(tag).toUpperCase()}=${encodeURIComponent(value)}`,
    )
    .join('&');
}

function hex(tag: number): string {
  return tag.toString(16).padStart(8, '0');
}

/** An answer in the DICOM JSON model (PS3.18 annex F). */
function answerOf(value: unknown): Answer {
  const label = (tag: string) => {
    const [first] = values(field(value, tag.slice(1).toUpperCase()));
    const text = typeof first === 'number' ? String(first) : typeof first === 'string' ? first.trim() : '';
    return text === '' ? undefined : text;
  };
  return {
    text: label,
    label,
    decimal(tag) {
      const number = Number(label(tag) ?? Number.NaN);
      return Number.isFinite(number) ? number : undefined;
    },
  };
}

export interface WebReceiving {
  readonly folder: string;
  /** Longest file that is taken. */
  readonly mostBytes: number;
  /** SOP classes that are kept. */
  readonly classes: readonly string[];
}

/** As the service has them; some know no more than the syntax that all must have. */
const ACCEPT = [
  'multipart/related; type="application/dicom"; transfer-syntax=*',
  'multipart/related; type="application/dicom"',
];
const NOT_ACCEPTABLE = [400, 406, 415];

/**
 * Takes the instances of a series (WADO-RS, PS3.18 section 10.4), each written beside, flushed and renamed to its SOP
 * Instance UID + '.dcm': only a whole one gets its name.
 *
 * @param onFile called for each
 * @returns how many were no DICOM that can be kept
 * @throws LimpidError E_NETWORK; errors of the disk
 */
export async function retrieve(
  peer: WebPeer,
  { study, series }: { readonly study: string; readonly series: string },
  into: WebReceiving,
  onFile: (file: string) => void,
): Promise<{ readonly failed: number }> {
  let failed = 0;
  for (const accept of ACCEPT) {
    const { status, stream, contentType } = await webRequest(peer, `/studies/${study}/series/${series}`, {
      method: 'GET',
      headers: { accept },
      streamed: true,
    });
    if (NOT_ACCEPTABLE.includes(status) && accept !== ACCEPT.at(-1)) continue;
    if (status !== 200) throw refused(status);
    for await (const part of partsOf(stream, boundaryOf(contentType))) {
      const file = await kept(part, into);
      if (file === 'refused') failed++;
      else if (file !== 'unwanted') onFile(file);
    }
    return { failed };
  }
  return { failed };
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType) ?? [];
  return quoted ?? plain ?? '';
}

async function kept(
  bytes: AsyncIterable<Uint8Array>,
  { folder, mostBytes, classes }: WebReceiving,
): Promise<string> {
  const part = path.join(folder, `${randomBytes(12).toString('hex')}.part`);
  try {
    const handle = await fs.open(part, 'wx', 0o600);
    let size = 0;
    try {
      for await (const chunk of bytes) {
        size += chunk.length;
        // The rest is read all the same: the next instance comes after it.
        if (size <= mostBytes) await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (size > mostBytes) return 'refused';
    const { sopClass, sopInstance } = await readStorable(part);
    if (!classes.includes(sopClass)) return 'unwanted';
    const file = path.join(folder, `${sopInstance}.dcm`);
    await fs.rename(part, file);
    return file;
  } catch (error) {
    // Of what is no DICOM; what broke on the way or on the disk is told by who asked.
    if (error instanceof LimpidError && !['E_NETWORK', 'E_IO', 'E_NOT_FOUND'].includes(error.code)) {
      problemFrom(error);
      return 'refused';
    }
    throw error;
  } finally {
    await fs.rm(part, { force: true });
  }
}
