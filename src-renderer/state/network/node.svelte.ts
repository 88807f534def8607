import type { Action } from '../../../src-main/contract/requests/node.js';
import type { AppApi, NodeView } from '../../../src-main/contract/window/app.js';
import { lookAgain } from './looking.js';

/** The node whose settings a person has chosen, as it was when it was last looked at. */
export class WatchedNode {
  /** null: not looked at yet. */
  view = $state.raw<NodeView | null>(null);
  private readonly api: AppApi;

  constructor(api: AppApi) {
    this.api = api;
  }

  /** Looks at it again and again, until the function that it returns is called. */
  watch(): () => void {
    return lookAgain(() => this.look());
  }

  async look(): Promise<void> {
    this.view = await this.api.node();
  }

  /** @throws LimpidError E_NOT_FOUND, E_USAGE */
  async command(series: string, action: Action): Promise<void> {
    await this.api.commandNode(series, action);
    await this.look();
  }
}
