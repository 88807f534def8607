import * as path from 'node:path';
import { writeFileAtomic } from '../base/files.js';
import { fault, problemFrom } from '../contract/errors.js';
import type { Delivery } from '../contract/requests/node.js';
import { newUid } from '../dicom/elements/uid.js';
import { type CommitmentReport, requestCommitment } from '../dicom/net/commitment.js';
import type { Storable } from '../dicom/net/storable.js';
import { type NodeConfig, type Target, targetOf } from './config.js';
import { deliver, instancesBelow, readAcknowledged } from './deliver.js';
import { Results } from './results.js';
import type { Live, Shelf } from './shelf.js';

/** How long an association is held for the answer to a request for commitment; later it comes to our own port. */
const COMMITMENT_WAIT_MS = 10_000;
/** When an answer has not come, it is asked for again. */
const COMMITMENT_AGAIN_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 2_000;

/** Deliveries of a series to each of some targets, not begun. */
export function deliveriesTo(targets: readonly string[], what: Delivery['what']): Delivery[] {
  return targets.map((target) => ({
    target,
    what,
    state: 'waiting',
    sent: 0,
    total: 0,
    attempts: 0,
    notBefore: new Date(0).toISOString(),
    problem: null,
    said: null,
    transaction: null,
  }));
}

/**
 * Sends what is due, one delivery a target at a time, and tries again with growing pauses for as long as it takes: what
 * was denoised is never given up because a PACS is down.
 */
export class Courier {
  readonly #config: NodeConfig;
  readonly #shelf: Shelf;
  readonly #results: Results;
  readonly #busy = new Map<string, Promise<void>>();
  /** Transactions of commitment that this process has asked for. */
  readonly #asked = new Set<string>();

  readonly #isOurs: () => Promise<boolean>;

  /** @param isOurs whether no other node has taken the folder over: only then anything is written there */
  constructor(config: NodeConfig, shelf: Shelf, isOurs: () => Promise<boolean>) {
    this.#isOurs = isOurs;
    this.#config = config;
    this.#shelf = shelf;
    this.#results = new Results();
  }

  /** Starts what is due; does not wait for it. */
  start(now: number): void {
    for (const live of this.#shelf.all())
      live.record.deliveries.forEach((delivery, i) => {
        if (!this.#isDue(live, delivery, now) || this.#busy.has(delivery.target)) return;
        const work = this.#work(live, i)
          // What could not be written down is sent again.
          .catch((error: unknown) => void problemFrom(error))
          .finally(() => this.#busy.delete(delivery.target));
        this.#busy.set(delivery.target, work);
      });
  }

  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  /** A peer answered a request for commitment. */
  async committed(report: CommitmentReport): Promise<void> {
    for (const live of this.#shelf.all())
      for (const [i, { transaction }] of live.record.deliveries.entries())
        if (transaction !== null && transaction === report.transaction)
          // What could not be written down is asked for again.
          await this.#conclude(live, i, report).catch((error: unknown) => void problemFrom(error));
  }

  async #work(live: Live, i: number): Promise<void> {
    const delivery = live.record.deliveries[i];
    if (delivery === undefined) return;
    const target = targetOf(this.#config, delivery.target);
    const { generation } = live.record;
    if (target === undefined)
      return this.#note(live, i, generation, { state: 'failed', problem: 'E_NOT_FOUND' });
    try {
      const instances = await this.#instancesOf(live, delivery, target);
      if (delivery.state === 'waiting') {
        await this.#note(live, i, generation, { total: instances.length });
        const sent = await deliver({
          target,
          calling: this.#config.title,
          instances,
          under: path.join(live.record.id, delivery.what),
          acknowledged: this.#shelf.folderOf(live).acknowledged(delivery, generation),
          onSent: (count) => this.#count(live, i, generation, count),
        });
        await this.#note(live, i, generation, { sent });
        if (live.record.generation === generation)
          this.#shelf.tell(live, 'delivered', { target: delivery.target, instances: sent });
      }
      await this.#commit(live, i, generation, target, instances);
    } catch (error) {
      await this.#note(live, i, generation, this.#later(live, i, error));
    }
  }

  /** Another try after a pause that grows. */
  #later(live: Live, i: number, error: unknown): Partial<Delivery> {
    const attempts = live.record.deliveries[i]?.attempts ?? 0;
    const longest = this.#config.longestPauseSeconds * 1000;
    const pause = Math.min(longest, FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20));
    return {
      attempts: attempts + 1,
      ...told(error),
      notBefore: new Date(Date.now() + pause).toISOString(),
    };
  }

  #instancesOf(live: Live, { what }: Delivery, { report }: Target): Promise<Storable[]> {
    const folder = this.#shelf.folderOf(live);
    return what === 'originals'
      ? instancesBelow(folder.images)
      : this.#results.of(live.record, folder, report);
  }

  async #commit(
    live: Live,
    i: number,
    generation: number,
    target: Target,
    instances: readonly Storable[],
  ): Promise<void> {
    if (target.kind !== 'dicom' || !target.commitment || instances.length === 0)
      return this.#note(live, i, generation, DONE);
    const transaction = newUid();
    this.#asked.add(transaction);
    await this.#note(live, i, generation, {
      state: 'committing',
      problem: null,
      said: null,
      transaction,
      notBefore: new Date(Date.now() + COMMITMENT_AGAIN_MS).toISOString(),
    });
    const report = await requestCommitment(
      target,
      this.#config.title,
      { transaction, references: instances },
      COMMITMENT_WAIT_MS,
    );
    if (report !== null) await this.#conclude(live, i, report);
  }

  /** What a peer does not keep is sent again. */
  async #conclude(live: Live, i: number, { failed }: CommitmentReport): Promise<void> {
    const { generation } = live.record;
    const delivery = live.record.deliveries[i];
    if (delivery === undefined || !(await this.#isOurs())) return;
    if (failed.length === 0) return this.#note(live, i, generation, DONE);
    const file = this.#shelf.folderOf(live).acknowledged(delivery, generation);
    const kept = [...(await readAcknowledged(file))].filter((uid) => !failed.includes(uid));
    await writeFileAtomic(file, kept.map((uid) => `${uid}\n`).join(''), { replace: true });
    await this.#note(live, i, generation, {
      ...this.#later(live, i, fault('E_NETWORK/not-kept', { missing: failed.length })),
      state: 'waiting',
      transaction: null,
    });
  }

  /** What an earlier process asked for may have been answered to nobody: it is asked for again at once. */
  #isDue(live: Live, delivery: Delivery, now: number): boolean {
    const { state, transaction } = delivery;
    const isOrphaned = state === 'committing' && transaction !== null && !this.#asked.has(transaction);
    const longest = Math.max(COMMITMENT_AGAIN_MS, this.#config.longestPauseSeconds * 1000);
    return isDue(live, delivery, isOrphaned ? Number.POSITIVE_INFINITY : now, longest);
  }

  #count(live: Live, i: number, generation: number, sent: number): void {
    if (live.record.generation !== generation) return;
    live.record = { ...live.record, deliveries: withChange(live.record.deliveries, i, { sent }) };
  }

  /** Late images may have begun the series anew meanwhile: what was sent before is not of it then. */
  async #note(live: Live, i: number, generation: number, to: Partial<Delivery>): Promise<void> {
    if (!(await this.#isOurs()) || live.record.generation !== generation) return;
    const deliveries = withChange(live.record.deliveries, i, to);
    const isSent = live.record.state === 'sending' && deliveries.every(({ state }) => state === 'done');
    if (isSent) await this.#shelf.change(live, 'sent', { deliveries, state: 'sent' });
    else await this.#shelf.note(live, { deliveries });
  }
}

const DONE = { state: 'done', attempts: 0, problem: null, said: null, transaction: null } as const;

function told(error: unknown): Pick<Delivery, 'problem' | 'said'> {
  const { code, message } = problemFrom(error);
  return { problem: code, said: message };
}

function withChange(deliveries: readonly Delivery[], i: number, to: Partial<Delivery>): Delivery[] {
  return deliveries.map((one, k) => (k === i ? { ...one, ...to } : one));
}

/**
 * Originals go as soon as the series is complete; results once they may. What is to wait for longer than any pause is due:
 * the clock was set back.
 */
function isDue(
  { record }: Live,
  { what, state, notBefore }: Delivery,
  now: number,
  longest: number,
): boolean {
  if (record.state === 'receiving' || state === 'done' || state === 'failed') return false;
  if (what === 'results' && record.state !== 'sending') return false;
  const left = Date.parse(notBefore) - now;
  return left <= 0 || left > longest;
}
