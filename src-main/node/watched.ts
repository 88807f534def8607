import * as path from 'node:path';
import type { NodeConfig } from './config.js';
import { FolderWatch, type Taken, type Waiting } from './watch.js';

/** All folders that a node watches, and which series came from where. */
export class Watched {
  readonly #watches: readonly FolderWatch[];
  readonly #folders = new Map<string, Set<string>>();

  constructor({ watch, folder }: Pick<NodeConfig, 'watch' | 'folder'>) {
    this.#watches = watch.map(
      (one, i) =>
        new FolderWatch(one.path, one.settleSeconds * 1000, path.join(folder, `watched-${i + 1}.txt`)),
    );
  }

  /** Copies what is settled in any of them. */
  async look(
    now: number,
    incoming: string,
  ): Promise<readonly { readonly copy: string; readonly took: (series: string) => Promise<void> }[]> {
    const found = [];
    for (const watch of this.#watches)
      for (const taken of await watch.look(now, incoming))
        found.push({ copy: taken.copy, took: (series: string) => this.#took(watch, taken, series) });
    return found;
  }

  /** Whether more of a series that came from a folder is on its way. */
  waitsFor(series: string): Waiting {
    const each = this.#watches.map((watch) => watch.waitsFor(series, this.#folders.get(series)));
    return each.find((one) => one === 'surely') ?? each.find((one) => one === 'perhaps') ?? 'no';
  }

  /** What lies in them of a series is taken again. */
  async forget(series: string): Promise<void> {
    for (const watch of this.#watches) await watch.forget(series);
  }

  /** Folders that are not there now, and files in the others that are not whole yet. */
  state(): { readonly away: number; readonly unfinished: number } {
    return {
      away: this.#watches.filter(({ isThere }) => !isThere).length,
      unfinished: this.#watches.reduce((sum, { unfinished }) => sum + unfinished, 0),
    };
  }

  async #took(watch: FolderWatch, taken: Taken, series: string): Promise<void> {
    const folders = this.#folders.get(series) ?? new Set();
    this.#folders.set(series, folders.add(taken.from));
    await watch.took(taken, series);
  }
}
