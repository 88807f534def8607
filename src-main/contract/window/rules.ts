/** What the window asks of rules before anything is queued by them. */
import type { Problem } from '../errors.js';
import type { SeriesKey } from './opened.js';

export interface RuleCheck {
  /** Why a rule cannot be used, in the order of the rules; null: it can. */
  readonly problems: readonly (Problem | null)[];
  /**
   * Of each open series that could be denoised: the place of the rule that decides, from 0; null: none fits, and it is
   * left alone. Nothing of any while a condition cannot be read.
   */
  readonly matches: readonly RuleMatch[];
}

export interface RuleMatch {
  readonly series: SeriesKey;
  readonly rule: number | null;
}
