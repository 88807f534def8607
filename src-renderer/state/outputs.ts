import type { AppApi } from '../../src-main/contract/window/app.js';
import { baseName, freeName, joinPath, outputName, outputParent } from './paths.js';
import type { Preferences } from './preferences.svelte.js';
import type { Queue } from './queue.svelte.js';

/** Where results go: folders that are not there yet, and that no job in the queue is to make. */
export class Outputs {
  private readonly api: AppApi;
  private readonly preferences: Preferences;
  private readonly queue: Queue;
  private readonly uploaded = new Set<string>();

  constructor(api: AppApi, preferences: Preferences, queue: Queue) {
    this.api = api;
    this.preferences = preferences;
    this.queue = queue;
  }

  /** Remembers that these lie in a temporary folder: nothing may be written beside them. */
  avoid(paths: readonly string[]): void {
    for (const path of paths) this.uploaded.add(path);
  }

  /** A new folder for the outputs of an input: in `folder`, or where that is null beside the input. */
  async suggest(
    input: string,
    suffix: string,
    folder: string | null = this.preferences.settings.outputFolder,
  ): Promise<{ parent: string; name: string }> {
    const base = folder ?? (this.isPassing(input) ? await this.firstPlace() : null);
    const parent = outputParent(input, base);
    return { parent, name: outputName(input, suffix, await this.takenIn(parent)) };
  }

  /** A new folder for outputs of no input, where a person chose that results go, or else the first place. */
  async suggestFolder(name: string): Promise<string> {
    const parent = this.preferences.settings.outputFolder ?? (await this.firstPlace()) ?? '.';
    return joinPath(parent, freeName(name, await this.takenIn(parent)));
  }

  private async takenIn(parent: string): Promise<string[]> {
    // A folder that is not there yet has no names taken; what stands in one that cannot be listed is told at the start.
    const listing = await this.api.listFolder(parent).catch(() => null);
    const queued = this.queue.state.jobs.flatMap(({ request }) =>
      'output' in request ? [baseName(request.output)] : [],
    );
    return [...(listing?.entries.map(({ name }) => name) ?? []), ...queued];
  }

  /** Uploaded files go when the app does, and samples belong to the installation. */
  private isPassing(input: string): boolean {
    const samples = this.preferences.about?.samples ?? [];
    return this.uploaded.has(input) || samples.some(({ path }) => path === input);
  }

  private async firstPlace(): Promise<string | null> {
    // Where no place can be listed, the folder of the program is suggested, and a person may choose another.
    const places = await this.api.listFolder(null).catch(() => null);
    return places?.entries[0]?.path ?? null;
  }
}
