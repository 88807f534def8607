import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { jsonFile } from '../base/json-file.js';
import { type Caller, FORMAT, type SeriesRecord } from '../contract/requests/node.js';
import { seriesFolder } from '../process/node-folder.js';

/** Its id is made of both UIDs: the UID of a series alone is not always unique. */
export function seriesId(study: string, series: string): string {
  return createHash('sha256').update(`${study}\n${series}`).digest('hex').slice(0, 16);
}

export function newRecord(
  study: string,
  series: string,
  now: Date,
  callers: readonly Caller[] = [],
): SeriesRecord {
  return {
    format: FORMAT,
    id: seriesId(study, series),
    study,
    series,
    state: 'receiving',
    generation: 1,
    instances: 0,
    firstAt: now.toISOString(),
    changedAt: now.toISOString(),
    callers: [...callers],
    rule: null,
    verdict: null,
    reason: null,
    crashes: 0,
    deliveries: [],
    removed: false,
  };
}

export async function writeRecord(base: string, record: SeriesRecord): Promise<void> {
  await jsonFile(path.join(seriesFolder(base, record.id).root, 'state.json')).write(record);
}
