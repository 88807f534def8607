import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { makeFolder } from '../base/make-folder.js';
import { fault, LimpidError, problemFrom } from '../contract/errors.js';
import type { ResultEvent } from '../contract/events.js';
import type { Caller, SeriesRecord } from '../contract/requests/node.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { requestByRule } from '../contract/requests/rules.js';
import type { Received } from '../dicom/net/scp.js';
import type { RunningJob } from '../process/client.js';
import type { NodeConfig, Rule } from './config.js';
import { Courier, deliveriesTo } from './deliveries.js';
import { passageOf } from './gate.js';
import { joinLate, namesIn, type Sorted } from './inbox.js';
import { removeOld } from './retention.js';
import { type RuleBook, ruleFor, valuesOfImage } from './rules.js';
import type { Live, Shelf } from './shelf.js';
import { Watched } from './watched.js';

/** Ended processes after which a series is given up. */
const MOST_CRASHES = 2;
const TICK_MS = 500;
/** Codes that say that there was nothing to denoise, not that something went wrong. */
const NOTHING = ['E_NOTHING', 'E_NOT_ELIGIBLE', 'E_ALREADY_DENOISED', 'W_ALREADY_DENOISED', 'E_TOO_SMALL'];

export interface NodeOptions {
  /** Runs a job in a process of its own. */
  readonly startJob: (request: DenoiseRequest) => RunningJob;
}

/** What the node's lock says. @throws LimpidError E_LOCKED where another node has taken its folder over */
type Confirm = () => Promise<void>;

/** What was counted since the node started. */
export interface Counts {
  received: number;
  refused: number;
}

/** Series on their way through a node: sorted, complete, denoised by rules, and handed to who delivers them. */
export class Working {
  readonly counts: Counts = { received: 0, refused: 0 };
  readonly courier: Courier;
  readonly watched: Watched;
  /** Resolves once another node has taken the folder over: nothing more is moved then. */
  readonly lost: Promise<LimpidError>;
  readonly #config: NodeConfig;
  readonly #options: NodeOptions;
  readonly #book: RuleBook<Rule>;
  readonly #shelf: Shelf;
  readonly #incoming: string;
  /** Studies that an open association has brought, by its number. */
  readonly #open = new Map<number, Set<string>>();
  readonly #jobs = new Map<string, RunningJob>();
  #sorting: Promise<void> = Promise.resolve();
  #ticking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #isLost = false;
  #lose: (why: LimpidError) => void = () => undefined;
  readonly #confirm: Confirm;

  constructor(
    config: NodeConfig,
    options: NodeOptions,
    book: RuleBook<Rule>,
    shelf: Shelf,
    incoming: string,
    confirm: Confirm,
  ) {
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    this.#confirm = confirm;
    this.#config = config;
    this.#options = options;
    this.#book = book;
    this.#shelf = shelf;
    this.#incoming = incoming;
    this.courier = new Courier(config, shelf, () => this.#isOurs());
    this.watched = new Watched(config);
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

  received({ file, association, caller, address }: Received): void {
    this.counts.received++;
    const studies = this.#open.get(association) ?? new Set();
    this.#open.set(association, studies);
    this.#sort(file, { title: caller, address }, ({ study }) => void studies.add(study));
  }

  ended(association: number): void {
    // Only once what it brought is sorted does nothing of it come any more.
    this.#sorting = this.#sorting.then(() => {
      const studies = this.#open.get(association);
      this.#open.delete(association);
      // A scanner that stalled for long, and was cut off, has as long to come back as any other: it was quiet before.
      for (const live of this.#shelf.inState('receiving'))
        if (studies?.has(live.record.study)) live.lastAt = performance.now();
    });
  }

  async sortAll(names: readonly string[]): Promise<void> {
    for (const name of names) this.#sort(path.join(this.#incoming, name), null, () => undefined);
    await this.#sorting;
  }

  #sort(file: string, from: Caller | null, onTaken: (sorted: Sorted) => void | Promise<void>): void {
    this.#sorting = this.#sorting.then(async () => {
      try {
        // Who has taken the folder over sorts it.
        if (!(await this.#isOurs())) return;
      } catch (error) {
        // Where that cannot be told the file stays too.
        problemFrom(error);
        return;
      }
      try {
        const taken = await this.#shelf.take(file, from);
        if (taken === null) await this.#refuse(file);
        else await onTaken(taken.sorted);
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
    await makeFolder(aside, 0o700);
    // What cannot be moved stays where it came in, and is sorted again at the next start.
    await fs.rename(file, path.join(aside, path.basename(file))).catch(() => undefined);
  }

  async #tick(): Promise<void> {
    if (this.#closed || !(await this.#isOurs())) return;
    for (const { copy, took } of await this.watched.look(performance.now(), this.#incoming))
      this.#sort(copy, null, ({ id }) => took(id));
    await this.#sorting;
    const troubles: unknown[] = [];
    for (const live of this.#shelf.all())
      if (live.late) await this.#restartLate(live).catch((error: unknown) => troubles.push(error));
    for (const live of this.#shelf.inState('receiving'))
      if (this.#isComplete(live)) await this.#complete(live);
    for (const live of this.#shelf.inState('waiting'))
      if (this.#jobs.size < this.#config.jobs) await this.#startJob(live);
    this.courier.start(Date.now());
    await removeOld(this.#config, this.#shelf);
    // One series whose folder fails keeps no other waiting.
    if (troubles.length > 0) throw troubles[0];
  }

  /** Whether no other node has taken the folder over. @throws LimpidError E_IO where that cannot be told */
  async #isOurs(): Promise<boolean> {
    if (this.#isLost) return false;
    try {
      await this.#confirm();
      return true;
    } catch (error) {
      if (!(error instanceof LimpidError) || error.code !== 'E_LOCKED') throw error;
      this.#closed = true;
      this.#isLost = true;
      this.#lose(error);
      return false;
    }
  }

  #isComplete(live: Live): boolean {
    const { record, lastAt, since, now } = live;
    if (now) return true;
    const quiet = performance.now() - lastAt;
    const isOpen = [...this.#open.values()].some((studies) => studies.has(record.study));
    const isOnItsWay = isOfFolder(record) && this.watched.waitsFor(record.id) !== 'no';
    if (quiet >= this.#config.quietSeconds * 1000 && !isOpen && !isOnItsWay) return true;
    return performance.now() - since >= this.#config.patienceSeconds * 1000;
  }

  /**
   * Images that came while the series was not open make it begin anew, as another derived series. What fails is tried
   * again by the next tick: the images were acknowledged. @throws errors of the disk
   */
  async #restartLate(live: Live): Promise<void> {
    if (live.record.state === 'running' || live.record.state === 'receiving') return;
    live.late = false;
    try {
      await this.#joinLate(live);
    } catch (error) {
      live.late = true;
      throw error;
    }
  }

  async #joinLate(live: Live): Promise<void> {
    const folder = this.#shelf.folderOf(live);
    const { instances, removed } = live.record;
    // Those that had joined when the record could not be written are more than it tells.
    const joined = !removed && (await namesIn(folder.images)).length > instances;
    if (!joined && (await namesIn(folder.late)).length === 0) return;
    await makeFolder(folder.images, 0o700);
    await joinLate(this.#config.folder, live.record.id);
    live.now = false;
    // What was removed lies where it came from, where it still does.
    if (removed && isOfFolder(live.record)) await this.watched.forget(live.record.id);
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
    const byHand = live.now;
    live.now = false;
    const folder = this.#shelf.folderOf(live);
    const names = await namesIn(folder.images);
    const instances = names.length;
    // A result would lack an image of which half is there: a person is told, and may say that it is to be done all the same.
    if (!byHand && isOfFolder(live.record) && this.watched.waitsFor(live.record.id) === 'surely')
      return this.#shelf.change(live, 'failed', { state: 'failed', reason: 'not-whole', instances });
    const [first] = names;
    if (first === undefined)
      return this.#shelf.change(live, 'skipped', { state: 'skipped', reason: 'E_NOTHING', instances });
    const rule = await this.#ruleOf(path.join(folder.images, first), instances);
    if (rule === null || rule.do === 'skip')
      return this.#shelf.change(live, 'skipped', {
        state: 'skipped',
        rule: rule?.name ?? null,
        reason: rule === null ? 'no-rule' : 'rule',
        instances,
      });
    const originals = deliveriesTo(rule.originals, 'originals');
    if (rule.do !== 'forward')
      return this.#shelf.change(live, 'complete', {
        state: 'waiting',
        rule: rule.name,
        deliveries: originals,
        instances,
      });
    const state = originals.length === 0 ? 'sent' : 'sending';
    await this.#shelf.change(live, 'complete', { state, rule: rule.name, deliveries: originals, instances });
  }

  async #ruleOf(image: string, files: number): Promise<Rule | null> {
    return ruleFor(this.#book, await valuesOfImage(image), { kind: 'dicom', files });
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
    const { device } = this.#config;
    const job = this.#options.startJob(requestByRule(rule, { input: folder.images, output, device }));
    this.#jobs.set(live.record.id, job);
    void job.result
      .then(async (result) => {
        // What another node has taken over is told by that one.
        if (!(await this.#isOurs())) return;
        await this.#finished(live, rule, output, result).catch((error: unknown) => {
          problemFrom(error);
          return this.#shelf.change(live, 'failed', { state: 'failed', reason: 'E_INTERNAL' });
        });
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
    const live = await this.#find(id, ['receiving']);
    live.now = true;
  }

  async release(id: string): Promise<void> {
    const live = await this.#find(id, ['held']);
    const state = live.record.deliveries.every((one) => one.state === 'done') ? 'sent' : 'sending';
    await this.#shelf.change(live, 'released-by-hand', { state });
  }

  async retry(id: string): Promise<void> {
    const live = await this.#find(id, ['failed', 'held', 'skipped']);
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

  async #find(id: string, states: readonly SeriesRecord['state'][]): Promise<Live> {
    await this.#confirm();
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

/** Nobody sent it: it came from a watched folder. */
function isOfFolder({ callers }: SeriesRecord): boolean {
  return callers.length === 0;
}
