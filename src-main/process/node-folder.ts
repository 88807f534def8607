import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';
import { jsonFile } from '../base/json-file.js';
import { fault } from '../contract/errors.js';
import { type Delivery, SeriesRecord } from '../contract/requests/node.js';
import { filled, object, read, readAll } from '../contract/schema/schema.js';

/** Of the settings, all that tells where a node is; the rest is the node's own. */
const Place = object({ folder: filled });

/** What stands in the settings of a node. @throws LimpidError E_NOT_FOUND; E_USAGE where it is no JSON */
export async function readSettings(file: string): Promise<unknown> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) throw fault('E_USAGE/node-json', { said: error.message }, file);
    throw fault('E_NOT_FOUND/node-settings', {}, file);
  }
}

/** Where the node of these settings keeps what it received and made. @throws LimpidError as `readSettings`; E_USAGE where they name no folder */
export async function nodePlace(file: string): Promise<{ readonly folder: string }> {
  const reading = readAll(Place, await readSettings(file));
  if (!reading.fits) throw fault('E_USAGE/node-settings', { what: reading.wrong });
  return { folder: path.resolve(path.dirname(path.resolve(file)), reading.value.folder) };
}

export interface SeriesFolder {
  readonly root: string;
  /** Images as they came, SOP Instance UID + '.dcm'. */
  readonly images: string;
  /** Images that came while a job read the others. */
  readonly late: string;
  readonly output: (generation: number) => string;
  /** The results of it as they are sent where no trust report passes. */
  readonly described: (generation: number) => string;
  /** Its report as an instance of the study. */
  readonly report: (generation: number) => string;
  /** SOP Instance UIDs that a target has acknowledged, a line each. */
  readonly acknowledged: (delivery: Delivery, generation: number) => string;
}

export function seriesFolder(base: string, id: string): SeriesFolder {
  const root = path.join(base, 'series', id);
  return {
    root,
    images: path.join(root, 'images'),
    late: path.join(root, 'late'),
    output: (generation) => path.join(root, `output-${generation}`),
    described: (generation) => path.join(root, `described-${generation}`),
    report: (generation) => path.join(root, `report-${generation}`),
    acknowledged: ({ target, what }, generation) =>
      path.join(root, `sent-${generation}-${what}-${target}.txt`),
  };
}

/** All records of a node's folder; none where it is not there. One that makes no sense: null. @throws LimpidError of the disk */
export async function readRecords(
  base: string,
): Promise<readonly { readonly id: string; readonly record: SeriesRecord | null }[]> {
  const root = path.join(base, 'series');
  const ids = (await namesIn(root)).filter((one) => /^[0-9a-f]{16}$/.test(one)).sort();
  return Promise.all(
    ids.map(async (id) => {
      const reading = read(SeriesRecord, await jsonFile(path.join(root, id, 'state.json')).read());
      return { id, record: reading.fits && reading.value.id === id ? reading.value : null };
    }),
  );
}

async function namesIn(root: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(root);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw asFileError(error, root);
  }
}
