/** Folders that are watched: what comes in is denoised by rules, and what may be trusted is put into another folder. */
import type { Problem } from '../errors.js';
import type { Action, SeriesRecord, State } from '../requests/node.js';
import { Rules } from '../requests/rules.js';
import { filled, nullOr, type Of, object, oneOf, wholeBetween } from '../schema/schema.js';

export const QUIET_SECONDS = { least: 1, usual: 60, most: 7 * 86_400 } as const;

/** What a person says of a folder that is watched. */
export const WatchDraft = object({
  /** null: a new one. */
  id: nullOr(filled),
  input: filled,
  output: filled,
  /** A series is complete once nothing of it came for so long. */
  quietSeconds: wholeBetween(QUIET_SECONDS.least, QUIET_SECONDS.most),
  rules: Rules,
  /** What becomes of a result whose trust report warns; one that fails is always held. */
  warned: oneOf(['send', 'hold']),
});
export type WatchDraft = Of<typeof WatchDraft>;

/** How many series there are in each state, and some of them. */
export interface SeriesOnTheWay {
  /** Of all its series. */
  readonly counts: Readonly<Record<State, number>>;
  /** Those that wait for a person first, then latest first; at most 500. */
  readonly series: readonly SeriesRecord[];
}

export interface WatchView extends WatchDraft, SeriesOnTheWay {
  readonly id: string;
  readonly paused: boolean;
  /** Why nothing is done. */
  readonly problem: Problem | null;
  /** The folder is not there now; it is looked for again and again. */
  readonly away: boolean;
  /** Files that still change, end early or cannot be read now. */
  readonly unfinished: number;
}

export interface WatchApi {
  /** In the order in which they were added. */
  watches(): Promise<readonly WatchView[]>;
  /**
   * Watches a folder from now on, or another way. What lies in it is taken, too.
   *
   * @throws E_USAGE for rules that cannot be used, and for folders of which one would feed the other; E_NOT_FOUND, E_IO
   */
  saveWatch(draft: WatchDraft): Promise<WatchView>;
  /** A paused one takes nothing; what ran goes on afterwards. */
  pauseWatch(id: string, paused: boolean): Promise<void>;
  /** Forgets it and what is not done yet; the folder and the results in the other one stay. */
  removeWatch(id: string): Promise<void>;
  /** @param series its id @throws E_NOT_FOUND; E_USAGE while it is paused, or in a state in which it cannot */
  commandWatch(id: string, series: string, action: Action): Promise<void>;
  /** Where the images of a series lie, and what was made of them, so far as they are there. @throws E_NOT_FOUND */
  watchFolders(id: string, series: string): Promise<readonly string[]>;
}
