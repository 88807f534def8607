import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { removeParts } from '../base/files.js';
import { acquireLock } from '../base/lock.js';
import { fault, LimpidError, problemFrom } from '../contract/errors.js';
import type { ResultEvent } from '../contract/events.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { type Received, startStorage } from '../dicom/net/scp.js';
import type { RunningJob } from '../process/client.js';
import { factsOf, openAudit } from './audit.js';
import type { NodeConfig, Rule } from './config.js';
import { Courier, deliveriesTo } from './deliveries.js';
import { passageOf } from './gate.js';
import { joinLate, namesIn } from './inbox.js';
import type { SeriesRecord } from './record.js';
import { removeOld } from './retention.js';
import { type RuleBook, readRules, ruleFor, valuesOfImage } from './rules.js';
import { type Live, Shelf } from './shelf.js';
import { FolderWatch } from './watch.js';

/** Ended processes after which a series is given up. */
const MOST_CRASHES = 2;
const TICK_MS = 500;
/** Half a gigabyte of pixels in one instance is a whole CT of many frames. */
const MOST_BYTES = 4 * 2 ** 30;
const SILENCE_MS = 120_000;
/** Codes that say that there was nothing to denoise, not that something went wrong. */
const NOTHING = ['E_NOTHING', 'E_NOT_ELIGIBLE', 'E_ALREADY_DENOISED', 'W_ALREADY_DENOISED', 'E_TOO_SMALL'];

export interface NodeOptions {
  /** Runs a job in a process of its own. */
  readonly startJob: (request: DenoiseRequest) => RunningJob;
}

/** What was counted since the node started. */
interface Counts {
  received: number;
  refused: number;
}

export interface LimpidNode {
  readonly port: number;
  readonly records: () => readonly SeriesRecord[];
  readonly counts: () => Readonly<Counts>;
  readonly associations: () => number;
  /** Takes a series as complete at once. @throws LimpidError E_NOT_FOUND, as all that name a series; E_USAGE in another state */
  readonly now: (id: string) => Promise<void>;
  /** Sends what was held. */
  readonly release: (id: string) => Promise<void>;
  /** Does again what failed, was held or skipped. */
  readonly retry: (id: string) => Promise<void>;
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
  const book = readRules(config);
  const incoming = path.join(config.folder, 'incoming');
  await fs.mkdir(incoming, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(path.join(config.folder, 'node.lock'), 'data folder');
  try {
    const audit = openAudit(config.folder);
    const shelf = await Shelf.open(config.folder, (record, what) => audit.write(what, factsOf(record)));
    const node = new Working(config, options, book, shelf, incoming);
    await removeParts(incoming);
    await node.sortAll(await namesIn(incoming));
    const storage = await startStorage(
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
        committed: (report) => void node.courier.committed(report),
      },
    );
    audit.write('started', { port: storage.port });
    node.start();
    return {
      port: storage.port,
      records: () => shelf.all().map(({ record }) => record),
      counts: () => node.counts,
      associations: storage.open,
      now: (id) => node.now(id),
      release: (id) => node.release(id),
      retry: (id) => node.retry(id),
      async close() {
        await storage.close();
        await node.close();
        audit.write('stopped', {});
        await audit.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class Working {
  readonly counts: Counts = { received: 0, refused: 0 };
  readonly courier: Courier;
  readonly #config: NodeConfig;
  readonly #options: NodeOptions;
  readonly #book: RuleBook;
  readonly #shelf: Shelf;
  readonly #incoming: string;
  readonly #watches: readonly FolderWatch[];
  /** Studies that an open association has brought, by its number. */
  readonly #open = new Map<number, Set<string>>();
  readonly #jobs = new Map<string, RunningJob>();
  #sorting: Promise<void> = Promise.resolve();
  #ticking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(config: NodeConfig, options: NodeOptions, book: RuleBook, shelf: Shelf, incoming: string) {
    this.#config = config;
    this.#options = options;
    this.#book = book;
    this.#shelf = shelf;
    this.#incoming = incoming;
    this.courier = new Courier(config, shelf);
    this.#watches = config.watch.map(
      (one, i) =>
        new FolderWatch(one.path, one.settleSeconds * 1000, path.join(config.folder, `watched-${i + 1}.txt`)),
    );
  }

  start(): void {
    let failing = false;
    const tick = () => {
      this.#ticking = this.#tick()
        .then(
          () => {
            failing = false;
          },
          (error: unknown) => {
            // All that waits is tried again by the next tick; the log tells the first failure of a row.
            if (!failing) problemFrom(error);
            failing = true;
          },
        )
        .then(() => {
          if (!this.#closed) this.#timer = setTimeout(tick, TICK_MS);
        });
    };
    tick();
  }

  received({ file, association }: Received): void {
    this.counts.received++;
    const studies = this.#open.get(association) ?? new Set();
    this.#open.set(association, studies);
    this.#sort(file, (study) => studies.add(study));
  }

  ended(association: number): void {
    // Only once what it brought is sorted does nothing of it come any more.
    this.#sorting = this.#sorting.then(() => void this.#open.delete(association));
  }

  async sortAll(names: readonly string[]): Promise<void> {
    for (const name of names) this.#sort(path.join(this.#incoming, name), () => undefined);
    await this.#sorting;
  }

  #sort(file: string, onStudy: (study: string) => void): void {
    this.#sorting = this.#sorting.then(async () => {
      try {
        const taken = await this.#shelf.take(file);
        if (taken === null) await this.#refuse(file);
        else onStudy(taken.sorted.study);
      } catch (error) {
        // Of a disk that fails the file stays where it came in, and is sorted again at the next start.
        if (error instanceof LimpidError) await this.#refuse(file);
        else problemFrom(error);
      }
    });
  }

  /** What is no image of a series is kept apart: it was acknowledged, so it is not lost. */
  async #refuse(file: string): Promise<void> {
    this.counts.refused++;
    const aside = path.join(this.#config.folder, 'refused');
    await fs.mkdir(aside, { recursive: true, mode: 0o700 });
    // What cannot be moved stays where it came in, and is sorted again at the next start.
    await fs.rename(file, path.join(aside, path.basename(file))).catch(() => undefined);
  }

  async #tick(): Promise<void> {
    for (const watch of this.#watches)
      for (const file of await watch.look(Date.now(), this.#incoming)) this.#sort(file, () => undefined);
    await this.#sorting;
    for (const live of this.#shelf.all()) if (live.late) await this.#restartLate(live);
    for (const live of this.#shelf.inState('receiving'))
      if (this.#isComplete(live)) await this.#complete(live);
    for (const live of this.#shelf.inState('waiting'))
      if (this.#jobs.size < this.#config.jobs) await this.#startJob(live);
    this.courier.start(Date.now());
    await removeOld(this.#config, this.#shelf);
  }

  #isComplete(live: Live): boolean {
    const { record, lastAt, now } = live;
    if (now) return true;
    const quiet = Date.now() - lastAt;
    const isOpen = [...this.#open.values()].some((studies) => studies.has(record.study));
    if (quiet >= this.#config.quietSeconds * 1000 && !isOpen) return true;
    return Date.now() - Date.parse(record.changedAt) >= this.#config.patienceSeconds * 1000;
  }

  /** Images that came while the series was not open make it begin anew, as another derived series. */
  async #restartLate(live: Live): Promise<void> {
    if (live.record.state === 'running' || live.record.state === 'receiving') return;
    live.late = false;
    const folder = this.#shelf.folderOf(live);
    if ((await namesIn(folder.late)).length === 0) return;
    await fs.mkdir(folder.images, { recursive: true, mode: 0o700 });
    await joinLate(this.#config.folder, live.record.id);
    live.now = false;
    await this.#shelf.change(live, 'late', {
      state: 'receiving',
      generation: live.record.generation + 1,
      instances: (await namesIn(folder.images)).length,
      deliveries: [],
      verdict: null,
      reason: null,
      crashes: 0,
      removed: false,
    });
  }

  async #complete(live: Live): Promise<void> {
    live.now = false;
    const folder = this.#shelf.folderOf(live);
    const names = await namesIn(folder.images);
    const instances = names.length;
    const [first] = names;
    if (first === undefined)
      return this.#shelf.change(live, 'skipped', { state: 'skipped', reason: 'E_NOTHING', instances });
    const rule = await this.#ruleOf(path.join(folder.images, first));
    if (rule === null || rule.do === 'skip')
      return this.#shelf.change(live, 'skipped', {
        state: 'skipped',
        rule: rule?.name ?? null,
        reason: rule === null ? 'no-rule' : 'rule',
        instances,
      });
    const originals = deliveriesTo(rule.originals, 'originals');
    if (rule.do === 'denoise')
      return this.#shelf.change(live, 'complete', {
        state: 'waiting',
        rule: rule.name,
        deliveries: originals,
        instances,
      });
    const state = originals.length === 0 ? 'sent' : 'sending';
    await this.#shelf.change(live, 'complete', { state, rule: rule.name, deliveries: originals, instances });
  }

  async #ruleOf(image: string): Promise<Rule | null> {
    return ruleFor(this.#book, await valuesOfImage(image));
  }

  async #startJob(live: Live): Promise<void> {
    const rule = this.#config.rules.find(({ name }) => name === live.record.rule);
    if (rule === undefined) {
      // The rules were changed since: they are asked again.
      return this.#shelf.change(live, 'rules-changed', { state: 'receiving' });
    }
    const folder = this.#shelf.folderOf(live);
    const output = folder.output(live.record.generation);
    await this.#shelf.change(live, 'started', { state: 'running' });
    const job = this.#options.startJob(requestOf(rule, this.#config, folder.images, output));
    this.#jobs.set(live.record.id, job);
    void job.result
      .then((result) => this.#finished(live, rule, output, result))
      .catch((error: unknown) => {
        problemFrom(error);
        return this.#shelf.change(live, 'failed', { state: 'failed', reason: 'E_INTERNAL' });
      })
      // A record that cannot be written stays at running, and the series is worked on again at the next start.
      .catch(problemFrom)
      .finally(() => this.#jobs.delete(live.record.id));
  }

  async #finished(live: Live, rule: Rule, output: string, result: ResultEvent): Promise<void> {
    if ('stopped' in result) return this.#stopped(live, result.stopped.code);
    const { to, verdict, reason } = await passageOf(output, rule);
    const results = deliveriesTo(rule.targets, 'results');
    const deliveries = [...live.record.deliveries, ...results];
    if (to === 'skip') return this.#shelf.change(live, 'skipped', { state: 'skipped', verdict, reason });
    if (to === 'hold')
      return this.#shelf.change(live, 'held', { state: 'held', verdict, reason, deliveries });
    const state = deliveries.every((one) => one.state === 'done') ? 'sent' : 'sending';
    await this.#shelf.change(live, state === 'sent' ? 'sent' : 'released', {
      state,
      verdict,
      reason: null,
      deliveries,
    });
  }

  async #stopped(live: Live, code: string): Promise<void> {
    if (this.#closed && code === 'E_CANCELLED')
      return this.#shelf.change(live, 'stopped', { state: 'waiting' });
    if (code === 'E_CRASH' && live.record.crashes < MOST_CRASHES)
      return this.#shelf.change(live, 'crashed', { state: 'waiting', crashes: live.record.crashes + 1 });
    const state = NOTHING.includes(code) ? 'skipped' : 'failed';
    await this.#shelf.change(live, state, { state, reason: code });
  }

  async now(id: string): Promise<void> {
    const live = this.#find(id, ['receiving']);
    live.now = true;
  }

  async release(id: string): Promise<void> {
    const live = this.#find(id, ['held']);
    const state = live.record.deliveries.every((one) => one.state === 'done') ? 'sent' : 'sending';
    await this.#shelf.change(live, 'released-by-hand', { state });
  }

  async retry(id: string): Promise<void> {
    const live = this.#find(id, ['failed', 'held', 'skipped']);
    if (live.record.removed) throw fault('E_USAGE/removed');
    live.now = true;
    await this.#shelf.change(live, 'retried', {
      state: 'receiving',
      crashes: 0,
      reason: null,
      verdict: null,
      deliveries: [],
      // A result that is there already would be kept as it is.
      generation: live.record.generation + 1,
    });
  }

  #find(id: string, states: readonly SeriesRecord['state'][]): Live {
    const live = this.#shelf.get(id);
    if (live === undefined) throw fault('E_NOT_FOUND/node-series');
    if (!states.includes(live.record.state)) throw fault('E_USAGE/node-state', { state: live.record.state });
    return live;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#ticking;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#sorting;
    const running = [...this.#jobs.values()];
    for (const job of running) job.cancel();
    await Promise.all(running.map(({ result }) => result));
    while (this.#jobs.size > 0) await new Promise((resolve) => setImmediate(resolve));
    await this.courier.idle();
  }
}

function requestOf(rule: Rule, config: NodeConfig, input: string, output: string): DenoiseRequest {
  return {
    type: 'denoise',
    input,
    output,
    model: { kind: rule.model },
    objective: 'recorrupted',
    steps: null,
    seed: 1,
    strength: rule.strength,
    device: config.device,
    errorMap: rule.errorMap,
    force: false,
  };
}
