import type { AppApi, AppEvent } from '../../../src-main/contract/window/app.js';
import type { UpdateView } from '../../../src-main/contract/window/updates.js';

/** What was found when a newer version was last looked for, where that is wanted. */
export class Updates {
  found = $state.raw<UpdateView | null>(null);
  private readonly api: AppApi;

  constructor(api: AppApi) {
    this.api = api;
  }

  /** Its version, where it is newer than this. */
  get newer(): string | null {
    return this.found?.isNewer ? (this.found.announced?.version ?? null) : null;
  }

  async load(): Promise<void> {
    this.found = await this.api.updates();
  }

  /** @throws LimpidError E_USAGE where the settings name no place */
  async look(): Promise<void> {
    this.found = await this.api.lookForUpdates();
  }

  handle(event: AppEvent): void {
    if (event.type === 'updates') this.found = event.view;
  }
}
