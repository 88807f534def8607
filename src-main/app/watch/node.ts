import * as fs from 'node:fs/promises';
import { fault, LimpidError, problemFrom } from '../../contract/errors.js';
import type { SeriesRecord, State } from '../../contract/requests/node.js';
import type { AppApi, NodeView } from '../../contract/window/app.js';
import type { SeriesOnTheWay } from '../../contract/window/watches.js';
import { command, listSeries } from '../../process/node-door.js';
import { nodePlace, readRecords, seriesFolder } from '../../process/node-folder.js';

/** A window lists no more; counts are of all. */
const MOST_LISTED = 500;
/** What waits for a person comes first, what is done last. */
const ORDER: readonly State[] = [
  'held',
  'failed',
  'running',
  'sending',
  'waiting',
  'receiving',
  'skipped',
  'sent',
];

type NodeApi = Pick<AppApi, 'node' | 'commandNode' | 'nodeFolders'>;

interface Known {
  readonly running: boolean;
  readonly records: readonly SeriesRecord[];
}

/**
 * A node of this machine and user, which is a process of its own: asked over loopback while it runs, else by what it
 * left in its folder. Nothing is written there.
 *
 * @param settingsFile the one that a person has chosen
 */
export function nodeApi(settingsFile: () => string | null): NodeApi {
  const place = () => {
    const file = settingsFile();
    if (file === null) throw fault('E_NOT_FOUND/node');
    return nodePlace(file);
  };
  return {
    async node() {
      const config = settingsFile();
      if (config === null) return viewOf(null, { running: false, records: [] });
      try {
        return viewOf(config, await known((await nodePlace(config)).folder));
      } catch (error) {
        return { ...viewOf(config, { running: false, records: [] }), problem: problemFrom(error) };
      }
    },
    async commandNode(series, action) {
      await command(await place(), series, action);
    },
    async nodeFolders(series) {
      const { folder } = await place();
      return foldersOf(folder, (await known(folder)).records, series);
    },
  };
}

async function known(folder: string): Promise<Known> {
  try {
    return { running: true, records: await listSeries({ folder }) };
  } catch (error) {
    if (!(error instanceof LimpidError) || error.reason !== 'E_NOT_FOUND/node') throw error;
    // What does not run cannot be asked; its folder tells how far it came.
    const left = await readRecords(folder);
    return { running: false, records: left.flatMap(({ record }) => record ?? []) };
  }
}

function viewOf(config: string | null, { running, records }: Known): NodeView {
  return { config, running, problem: null, ...onTheWay(records) };
}

/** How many of the records are in each state, and those that are listed. */
export function onTheWay(records: readonly SeriesRecord[]): SeriesOnTheWay {
  const count = (state: State) => records.filter((one) => one.state === state).length;
  const counts = {
    receiving: count('receiving'),
    waiting: count('waiting'),
    running: count('running'),
    held: count('held'),
    sending: count('sending'),
    sent: count('sent'),
    skipped: count('skipped'),
    failed: count('failed'),
  };
  const series = [...records]
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.changedAt.localeCompare(a.changedAt))
    .slice(0, MOST_LISTED);
  return { counts, series };
}

/**
 * Where the images of a series lie, and what was made of them, so far as they are there.
 *
 * @param base of the node @param series its id
 * @throws LimpidError E_NOT_FOUND
 */
export async function foldersOf(
  base: string,
  records: readonly SeriesRecord[],
  series: string,
): Promise<readonly string[]> {
  const record = records.find(({ id }) => id === series);
  if (record === undefined) throw fault('E_NOT_FOUND/node-series');
  const { images, output } = seriesFolder(base, record.id);
  const there = await Promise.all([images, output(record.generation)].map(isThere));
  const found = there.flatMap((one) => one ?? []);
  if (found.length === 0) throw fault('E_NOT_FOUND/node-series');
  return found;
}

async function isThere(folder: string): Promise<string | null> {
  try {
    await fs.access(folder);
    return folder;
  } catch {
    // What was removed after it was sent, or is not made yet, is not offered.
    return null;
  }
}
