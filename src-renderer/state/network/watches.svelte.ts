import type { Action } from '../../../src-main/contract/requests/node.js';
import type { WatchApi, WatchDraft, WatchView } from '../../../src-main/contract/window/watches.js';
import { lookAgain } from './looking.js';

/** The folders that are watched, as they were when they were last looked at. */
export class Watches {
  /** null: not looked at yet. */
  all = $state.raw<readonly WatchView[] | null>(null);
  private readonly api: WatchApi;

  constructor(api: WatchApi) {
    this.api = api;
  }

  /** Looks at them again and again, until the function that it returns is called. */
  watch(): () => void {
    return lookAgain(() => this.look());
  }

  async look(): Promise<void> {
    this.all = await this.api.watches();
  }

  /** @throws LimpidError why it cannot be watched so */
  async save(draft: WatchDraft): Promise<void> {
    await this.api.saveWatch(draft);
    await this.look();
  }

  async pause(id: string, paused: boolean): Promise<void> {
    await this.api.pauseWatch(id, paused);
    await this.look();
  }

  async remove(id: string): Promise<void> {
    await this.api.removeWatch(id);
    await this.look();
  }

  /** @throws LimpidError E_NOT_FOUND, E_USAGE */
  async command(id: string, series: string, action: Action): Promise<void> {
    await this.api.commandWatch(id, series, action);
    await this.look();
  }
}
