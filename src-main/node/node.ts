import * as path from 'node:path';
import { removeParts } from '../base/files.js';
import { acquireLock } from '../base/lock.js';
import { makeFolder } from '../base/make-folder.js';
import type { LimpidError } from '../contract/errors.js';
import type { SeriesRecord } from '../contract/requests/node.js';
import { startStorage } from '../dicom/net/scp.js';
import { factsOf, openAudit } from './audit/audit.js';
import { type Forwarding, startForwarding } from './audit/forward.js';
import { Refusals } from './audit/refusals.js';
import { SYSLOG_PORTS } from './audit/syslog.js';
import type { NodeConfig } from './config.js';
import { namesIn } from './inbox.js';
import { meaningOf } from './meaning.js';
import { readRules } from './rules.js';
import { Shelf } from './shelf.js';
import { type Counts, type NodeOptions, Working } from './working.js';

/** Half a gigabyte of pixels in one instance is a whole CT of many frames. */
const MOST_BYTES = 4 * 2 ** 30;
const SILENCE_MS = 120_000;
/** How often it is looked whether refusals were counted that are not told yet. */
const COUNT_MS = 5000;

export interface LimpidNode {
  /** null: it does not listen. */
  readonly port: number | null;
  readonly records: () => readonly SeriesRecord[];
  readonly counts: () => Readonly<Counts>;
  readonly associations: () => number;
  /** Watched folders that are not there now, and files in the others that are not whole yet. */
  readonly watched: () => { readonly away: number; readonly unfinished: number };
  /** What waits to be told to the syslog server, in bytes of the audit, and tries that failed in a row; null without one. */
  readonly audit: () => Promise<{ readonly waiting: number; readonly failures: number } | null>;
  /** Takes a series as complete at once. @throws LimpidError E_NOT_FOUND, as all that name a series; E_USAGE in another state */
  readonly now: (id: string) => Promise<void>;
  /** Sends what was held. */
  readonly release: (id: string) => Promise<void>;
  /** Does again what failed, was held or skipped. */
  readonly retry: (id: string) => Promise<void>;
  /** Resolves, with why, once another node has taken the folder over: this one does nothing more, and is to be closed. */
  readonly lost: Promise<LimpidError>;
  readonly close: () => Promise<void>;
}

/**
 * Runs a node: series come by DICOM or in watched folders, are denoised by rules once they are complete, and go where
 * the rules say if their trust report lets them. Over restarts and kills nothing that was acknowledged is lost: each
 * series has a folder with its images and its state.
 *
 * @throws LimpidError E_USAGE (rules), E_LOCKED, E_NETWORK (the port), E_IO
 */
export async function startNode(config: NodeConfig, options: NodeOptions): Promise<LimpidNode> {
  const book = readRules(config.rules);
  const incoming = path.join(config.folder, 'incoming');
  await makeFolder(incoming, 0o700);
  const lock = await acquireLock(path.join(config.folder, 'node.lock'), 'node folder');
  let forwarding: Forwarding | null = null;
  try {
    const audit = openAudit(config.folder, () => forwarding?.look());
    const shelf = await Shelf.open(config.folder, (record, what, more) =>
      audit.write(what, { ...factsOf(record), ...more }),
    );
    forwarding = await forwardingOf(config, shelf);
    const refusals = new Refusals((facts) => audit.write('refused', facts));
    const node = new Working(config, options, book, shelf, incoming, () => lock.confirm());
    await removeParts(incoming);
    await node.sortAll(await namesIn(incoming));
    const storage = !config.listen
      ? null
      : await startStorage(
          {
            title: config.title,
            host: config.host,
            port: config.port,
            folder: incoming,
            callers: config.callers,
            mostAssociations: config.mostAssociations,
            mostBytes: MOST_BYTES,
            silenceMs: SILENCE_MS,
            tls: config.tls,
            leastFree: config.leastFreeGb * 2 ** 30,
          },
          {
            received: (instance) => node.received(instance),
            ended: (association) => node.ended(association),
            refused: (refusal) => refusals.add(refusal, performance.now()),
            committed: (report) => void node.courier.committed(report),
          },
        );
    // What came would be another node's. Again when the node is closed, which waits for it.
    void node.lost.then(() => storage?.close());
    audit.write('started', storage === null ? {} : { port: storage.port });
    const counting = setInterval(() => refusals.look(performance.now()), COUNT_MS).unref();
    node.start();
    return {
      port: storage?.port ?? null,
      records: () => shelf.all().map(({ record }) => record),
      counts: () => node.counts,
      associations: () => storage?.open() ?? 0,
      watched: () => node.watched.state(),
      audit: async () => (await forwarding?.state()) ?? null,
      now: (id) => node.now(id),
      release: (id) => node.release(id),
      retry: (id) => node.retry(id),
      lost: node.lost,
      async close() {
        clearInterval(counting);
        try {
          await storage?.close();
          await node.close();
          refusals.end();
          audit.write('stopped', {});
          await audit.close();
          await forwarding?.stop();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await forwarding?.stop();
    await lock.release();
    throw error;
  }
}

async function forwardingOf(config: NodeConfig, shelf: Shelf): Promise<Forwarding | null> {
  const { syslog, title, folder } = config;
  if (syslog === null) return null;
  const { protocol, host, port = SYSLOG_PORTS[protocol], tls, site } = syslog;
  return startForwarding({
    base: folder,
    syslog: { protocol, host, port, tls },
    title,
    site,
    meaning: (line) => meaningOf(config, shelf, line),
  });
}
