import { fileURLToPath, pathToFileURL } from 'node:url';
import valid from 'semver/functions/valid.js';
import { parse } from 'yaml';
import { fault } from '../../contract/errors.js';
import {
  filled,
  formed,
  object,
  optional,
  otherwise,
  read,
  shortList,
  whole,
} from '../../contract/schema/schema.js';
import type { Announced } from '../../contract/window/updates.js';

/** SHA-512 in base64. */
const HASH = /^[A-Za-z0-9+/]{86}==$/;

/** What electron-builder writes as latest.yml, so far as it is used; JSON of the same is YAML too. */
const Latest = object({
  version: filled,
  releaseDate: optional(filled),
  files: otherwise(
    shortList(object({ url: filled, sha512: formed(HASH, 'SHA-512 in base64'), size: optional(whole) })),
    [],
  ),
});

/**
 * Reads a file that announces a version.
 *
 * @param at where it was read, which the places of its installers start from
 * @throws LimpidError E_UPDATE
 */
export function readAnnouncement(text: string, at: string): Announced {
  const latest = read(Latest, parsed(text, at));
  if (!latest.fits)
    throw fault('E_UPDATE/format', { field: latest.path || 'version', expected: latest.expected }, at);
  const { version: given, releaseDate, files } = latest.value;
  const version = valid(given);
  if (version === null) throw fault('E_UPDATE/version', {}, at);
  return {
    version,
    released: releaseDate ?? null,
    files: files.map(({ url, sha512, size }) => ({
      address: addressOf(url, at),
      sha512: Buffer.from(sha512, 'base64').toString('hex'),
      bytes: size ?? null,
    })),
  };
}

function parsed(text: string, at: string): unknown {
  try {
    // Times stay texts, and few aliases are followed: a short file cannot become a large one.
    const value: unknown = parse(text, { maxAliasCount: 10 });
    return value;
  } catch (error) {
    throw fault('E_UPDATE/syntax', {}, at, error);
  }
}

/** Installers lie beside the file that announces them, or at an address of their own. */
function addressOf(url: string, at: string): string {
  const isWeb = /^https?:/i.test(at);
  try {
    const found = new URL(url, isWeb ? at : pathToFileURL(at));
    if (/^https?:$/.test(found.protocol)) return found.href;
    if (!isWeb && found.protocol === 'file:') return fileURLToPath(found);
  } catch {
    // No address at all is told as one of another kind is.
  }
  throw fault('E_UPDATE/place', {}, at);
}
