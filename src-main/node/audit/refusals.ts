import type { Refusal } from '../../dicom/net/scp.js';
import type { AuditFacts } from './audit.js';

/** The same refusal is told at most so often, with how many there were. */
const AGAIN_MS = 60_000;
/** Different ones that are kept apart; whoever tries more titles than that is told of together. */
const MOST = 100;

interface Kept {
  readonly refusal: Refusal;
  toldAt: number;
  untold: number;
}

/** Refusals on their way to the audit: a peer that asks a thousand times a second, by a thousand titles, fills no disk. */
export class Refusals {
  readonly #tell: (facts: AuditFacts) => void;
  readonly #kept = new Map<string, Kept>();

  constructor(tell: (facts: AuditFacts) => void) {
    this.#tell = tell;
  }

  /** @param now milliseconds */
  add(refusal: Refusal, now: number): void {
    this.look(now);
    const { why, title, address } = refusal;
    const key = JSON.stringify([why, title, address]);
    const many = this.#kept.size >= MOST && !this.#kept.has(key);
    const at = many ? 'many' : key;
    const kept = this.#kept.get(at) ?? {
      refusal: many ? { why, title: null, address: 'many' } : refusal,
      toldAt: Number.NEGATIVE_INFINITY,
      untold: 0,
    };
    this.#kept.set(at, kept);
    kept.untold++;
    if (now - kept.toldAt >= AGAIN_MS) this.#tellOf(kept, now);
  }

  /** Tells what is counted and not told yet. */
  end(): void {
    for (const kept of this.#kept.values()) if (kept.untold > 0) this.#tellOf(kept, 0);
    this.#kept.clear();
  }

  /** Tells what is counted since its time, whether or not more comes. @param now milliseconds */
  look(now: number): void {
    for (const [key, kept] of this.#kept)
      if (now - kept.toldAt >= AGAIN_MS) {
        if (kept.untold > 0) this.#tellOf(kept, now);
        this.#kept.delete(key);
      }
  }

  #tellOf(kept: Kept, now: number): void {
    const { why, title, address } = kept.refusal;
    this.#tell({ reason: why, title, address, times: kept.untold });
    kept.toldAt = now;
    kept.untold = 0;
  }
}
