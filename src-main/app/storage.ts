import type { Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';
import type { JobId, JobRecord, StorageUse, StoredAmount } from '../contract/window/app.js';
import { checkpointPath } from '../store/checkpoint-path.js';
import { RECORD_FILES } from '../store/record-files.js';
import { removeRuntimeTraces, runtimeTraces, type TracePlaces } from './runtime-traces.js';

/** What stands in the data folder, and what of it nothing needs any more. */
export interface Storage {
  /** @throws LimpidError E_IO */
  use(): Promise<StorageUse>;
  /** Removes what `use` calls spare, as it is now. @returns what was removed. @throws LimpidError E_IO */
  clean(): Promise<StoredAmount>;
  /** Removes what `use` calls traces, as it is now. @returns what was removed. @throws LimpidError E_IO */
  cleanTraces(): Promise<StoredAmount>;
}

/** Only what the queue names so is its own: any other file in these folders is somebody else's. */
const JOB = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LOG = '.jsonl';

/**
 * @param jobs the listed jobs, as they are at the moment of the call
 * @param places of ONNX Runtime's traces; those of this machine when left out
 */
export function openStorage(
  home: string,
  jobs: () => readonly JobRecord[],
  places: TracePlaces = {},
): Storage {
  const folders = {
    models: path.join(home, 'models'),
    trainings: path.join(home, 'trainings'),
    logs: path.join(home, 'logs'),
  };

  const spare = async (): Promise<readonly string[]> => {
    // Folders first: whatever they hold by now belongs to a job that is listed by then, or no longer.
    const logs = await entriesOf(folders.logs);
    const trainings = await entriesOf(folders.trainings);
    const listed = new Map<JobId, JobRecord>(jobs().map((job) => [job.id, job]));
    const places: string[] = [];
    for (const entry of logs) {
      const id = path.basename(entry.name, LOG);
      if (entry.isFile() && entry.name.endsWith(LOG) && JOB.test(id) && !listed.has(id))
        places.push(path.join(folders.logs, entry.name));
    }
    for (const entry of trainings) {
      if (!entry.isDirectory() || !JOB.test(entry.name)) continue;
      const record = path.join(folders.trainings, entry.name);
      const job = listed.get(entry.name);
      if (job === undefined) places.push(record);
      // A training that failed or was cancelled goes on from its checkpoint; one that is done never does.
      else if (job.state === 'done') places.push(checkpointPath(path.join(record, RECORD_FILES.model)));
    }
    return places;
  };

  return {
    async use() {
      const parts = [
        { kind: 'models', place: [folders.models] },
        { kind: 'trainings', place: [folders.trainings] },
        { kind: 'logs', place: [folders.logs] },
        {
          kind: 'queue',
          place: ['queue.json', 'settings.json', 'views.json', 'watches.json'].map((name) =>
            path.join(home, name),
          ),
        },
        { kind: 'watched', place: [path.join(home, 'watched')] },
      ] as const;
      return {
        folder: home,
        parts: await Promise.all(
          parts.map(async ({ kind, place }) => ({ kind, ...amount(await sizesOf(place)) })),
        ),
        spare: amount(await sizesOf(await spare())),
        traces: amount(await sizesOf(await runtimeTraces(places))),
      };
    },
    async clean() {
      const removed: number[] = [];
      for (const place of await spare()) {
        const found = await sizesOf([place]);
        try {
          await fs.rm(place, { recursive: true, force: true });
        } catch (error) {
          throw asFileError(error, place);
        }
        removed.push(...found);
      }
      return amount(removed);
    },
    async cleanTraces() {
      const found = await sizesOf(await runtimeTraces(places));
      await removeRuntimeTraces(places);
      return amount(found);
    },
  };
}

function amount(sizes: readonly number[]): StoredAmount {
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Bytes of every file at or below the places; links are not followed, and what goes meanwhile is not counted. */
async function sizesOf(places: readonly string[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const place of places) {
    try {
      const stats = await fs.lstat(place);
      if (stats.isFile()) found.push(stats.size);
      else if (stats.isDirectory())
        found.push(...(await sizesOf((await entriesOf(place)).map(({ name }) => path.join(place, name)))));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw asFileError(error, place);
    }
  }
  return found;
}

/** Nothing for a folder that is not there. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw asFileError(error, folder);
  }
}
