import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, isInside, isSamePlace } from '../../base/files.js';
import { jsonFile } from '../../base/json-file.js';
import { fault, type Problem, problemFrom } from '../../contract/errors.js';
import type { DeviceName } from '../../contract/requests/choices.js';
import { anything, flag, list, object, otherwise, read } from '../../contract/schema/schema.js';
import { type WatchApi, WatchDraft, type WatchView } from '../../contract/window/watches.js';
import { type NodeConfig, parseConfig } from '../../node/config.js';
import { type LimpidNode, startNode } from '../../node/node.js';
import { readRecords } from '../../process/node-folder.js';
import { readKept } from '../kept/kept.js';
import { foldersOf, onTheWay } from './node.js';
import type { QueuedJobs } from './queued.js';
import { requireRules } from './rules.js';

/** How long a file must not have changed, where a series waits for longer. */
const LONGEST_SETTLE_SECONDS = 10;
/** Name of the only target, in records too. */
const OUTPUT = 'output';

export interface Watches {
  readonly api: WatchApi;
  /** Results that are held, and images that were taken, lie below it. */
  readonly folder: string;
  /** What of the kept ones was not read, and was set aside. */
  readonly unread: Problem | null;
  close(): Promise<void>;
}

export interface WatchesOptions {
  /** The data folder: watches.json, and a folder for each below `watched`. */
  readonly home: string;
  readonly jobs: Pick<QueuedJobs, 'start' | 'close'>;
  readonly device: () => DeviceName;
}

const Kept = object({ ...WatchDraft.entries, id: WatchDraft.entries.input, paused: otherwise(flag, false) });
const Saved = list(anything());
type Kept = WatchDraft & { readonly id: string; readonly paused: boolean };

interface Watch {
  kept: Kept;
  /** null: it is paused, or could not be started. */
  node: LimpidNode | null;
  problem: Problem | null;
}

/**
 * Folders that are watched while the app runs: each is a node without a port, whose jobs the queue does. Over restarts
 * each goes on where it was.
 *
 * @throws errors of the disk
 */
export async function openWatches({ home, jobs, device }: WatchesOptions): Promise<Watches> {
  const folder = path.join(home, 'watched');
  const disk = jsonFile(path.join(home, 'watches.json'));
  const all: Watch[] = [];
  /** One change after the other: starting and ending take time. */
  let changing: Promise<unknown> = Promise.resolve();
  let closed = false;

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = changing.then(work);
    // Who asked gets the error; the next one only waits for the end.
    changing = done.catch(() => undefined);
    return done;
  };
  const write = () => disk.write(all.map(({ kept }) => kept));
  const find = (id: string): Watch => {
    const watch = all.find(({ kept }) => kept.id === id);
    if (watch === undefined) throw fault('E_NOT_FOUND/watch');
    return watch;
  };
  const start = async (watch: Watch): Promise<void> => {
    const { kept } = watch;
    watch.problem = null;
    if (kept.paused || closed) return;
    try {
      await requireRules(kept.rules);
      const config = configOf(kept, path.join(folder, kept.id), device());
      const label = path.basename(kept.input);
      watch.node = await startNode(config, { startJob: (request) => jobs.start(request, label) });
    } catch (error) {
      watch.problem = problemFrom(error);
    }
  };
  const stop = async (watch: Watch): Promise<void> => {
    const { node } = watch;
    watch.node = null;
    await node?.close();
  };

  const { value, unread } = await readKept(disk, keptIn);
  for (const kept of value) all.push({ kept, node: null, problem: null });
  void inTurn(async () => {
    for (const watch of all) await start(watch);
  });

  const viewOf = async ({ kept, node, problem }: Watch): Promise<WatchView> => {
    const left =
      node?.records() ?? (await readRecords(path.join(folder, kept.id))).flatMap((one) => one.record ?? []);
    const { away, unfinished } = node?.watched() ?? { away: 0, unfinished: 0 };
    return { ...kept, problem, away: away > 0, unfinished, ...onTheWay(left) };
  };
  const nodeOf = (id: string): LimpidNode => {
    const { node } = find(id);
    if (node === null) throw fault('E_USAGE/watch-paused');
    return node;
  };

  return {
    folder,
    unread,
    api: {
      watches: () => Promise.all(all.map(viewOf)),
      saveWatch: (draft) =>
        inTurn(async () => {
          const { id, input, output } = draft;
          const known = id === null ? null : find(id);
          const places = { input: path.resolve(input), output: path.resolve(output) };
          await requireRules(draft.rules);
          await requireFolders(places);
          await refuseLoops(
            places,
            all.filter((one) => one !== known).map(({ kept }) => kept),
            home,
          );
          const kept = {
            ...draft,
            ...places,
            id: id ?? randomBytes(6).toString('hex'),
            paused: known?.kept.paused ?? false,
          };
          const watch = known ?? { kept, node: null, problem: null };
          if (known === null) all.push(watch);
          await stop(watch);
          watch.kept = kept;
          await write();
          await start(watch);
          return viewOf(watch);
        }),
      pauseWatch: (id, paused) =>
        inTurn(async () => {
          const watch = find(id);
          watch.kept = { ...watch.kept, paused };
          await write();
          await stop(watch);
          await start(watch);
        }),
      removeWatch: (id) =>
        inTurn(async () => {
          const watch = find(id);
          await stop(watch);
          all.splice(all.indexOf(watch), 1);
          await write();
          await fs.rm(path.join(folder, id), { recursive: true, force: true });
        }),
      commandWatch: async (id, series, action) => nodeOf(id)[action](series),
      watchFolders: async (id, series) =>
        foldersOf(path.join(folder, find(id).kept.id), (await viewOf(find(id))).series, series),
    },
    async close() {
      closed = true;
      jobs.close();
      await inTurn(async () => {
        for (const watch of all) await stop(watch);
      });
    },
  };
}

/** Those that this version knows. */
function keptIn(data: unknown): readonly Kept[] {
  const saved = read(Saved, data);
  return (saved.fits ? saved.value : []).flatMap((one) => {
    const kept = read(Kept, one);
    return kept.fits ? [kept.value] : [];
  });
}

/** A node that listens to nobody, and whose results go to the other folder where its gate lets them. */
function configOf(
  { input, output, quietSeconds, rules, warned }: WatchDraft,
  folder: string,
  device: DeviceName,
): NodeConfig {
  return parseConfig({
    listen: false,
    folder,
    quietSeconds,
    // Of TensorFlow there is one, which the queue starts by itself; a node knows it not.
    device: device === 'tensorflow' ? 'auto' : device,
    targets: { [OUTPUT]: { kind: 'folder', path: output } },
    rules: rules.map((rule) => ({ ...rule, warned, targets: rule.do === 'skip' ? [] : [OUTPUT] })),
    watch: [{ path: input, settleSeconds: Math.min(LONGEST_SETTLE_SECONDS, quietSeconds) }],
  });
}

type Places = Pick<WatchDraft, 'input' | 'output'>;

/** @throws LimpidError E_NOT_FOUND, E_IO; E_USAGE where one is a file */
async function requireFolders({ input, output }: Places): Promise<void> {
  for (const place of [input, output]) {
    try {
      if ((await fs.stat(place)).isDirectory()) continue;
    } catch (error) {
      throw asFileError(error, place);
    }
    throw fault('E_USAGE/watch-file', {}, place);
  }
}

/** What is written must not come in again, here or by way of another folder that is watched. @throws LimpidError E_USAGE */
async function refuseLoops(places: Places, others: readonly Places[], home: string): Promise<void> {
  const touch = async (a: string, b: string) => (await isInside(a, b)) || (await isInside(b, a));
  if (await touch(places.input, places.output)) throw fault('E_USAGE/watch-loop');
  for (const place of [places.input, places.output])
    if (await touch(place, home)) throw fault('E_USAGE/watch-own', {}, place);
  for (const { input, output } of others) {
    if (await isSamePlace(places.input, input)) throw fault('E_USAGE/watched-already', {}, input);
    if ((await touch(places.input, output)) || (await touch(places.output, input)))
      throw fault('E_USAGE/watch-loop');
  }
}
