import { type Problem, problemFrom } from '../../src-main/contract/errors.js';
import type { ModelDetails, ModelEntry } from '../../src-main/contract/models.js';
import type { AppApi, AppEvent } from '../../src-main/contract/window/app.js';

/** The models of this machine and their cards. */
export class Models {
  /** null: not loaded yet. */
  entries = $state.raw<readonly ModelEntry[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  private readonly api: AppApi;
  private readonly cards = new Map<string, Promise<ModelDetails>>();

  constructor(api: AppApi) {
    this.api = api;
  }

  async load(): Promise<void> {
    try {
      this.entries = await this.api.models();
      this.problem = null;
    } catch (error) {
      this.problem = problemFrom(error);
    }
  }

  handle(event: AppEvent): void {
    // What nobody has looked at yet is loaded when somebody does.
    if (event.type === 'models' && this.entries !== null) void this.load();
  }

  /** @throws LimpidError E_NOT_FOUND, E_MODEL, E_IO */
  details(id: string): Promise<ModelDetails> {
    const known = this.cards.get(id);
    if (known !== undefined) return known;
    const loading = this.api.modelDetails(id);
    this.cards.set(id, loading);
    // Who asked gets the error; here it only makes the next one ask again.
    loading.catch(() => this.cards.delete(id));
    return loading;
  }

  byId(id: string | null): ModelEntry | null {
    return this.entries?.find((entry) => entry.id === id) ?? null;
  }
}
