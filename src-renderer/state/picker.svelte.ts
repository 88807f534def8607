import type { AppApi, PathKind } from '../../src-main/contract/window/app.js';
import type { Preferences } from './preferences.svelte.js';
import type { Toasts } from './toasts.svelte.js';

interface Asked {
  readonly what: PathKind;
  /** Of the file that is saved. */
  readonly name: string;
  readonly answer: (paths: readonly string[]) => void;
}

/** Asks a person for paths. */
export class Picker {
  /** The question that the picker in the window answers, where there are no native dialogs. */
  asked = $state.raw<Asked | null>(null);
  private readonly api: AppApi;
  private readonly preferences: Preferences;
  private readonly toasts: Toasts;

  constructor(api: AppApi, preferences: Preferences, toasts: Toasts) {
    this.api = api;
    this.preferences = preferences;
    this.toasts = toasts;
  }

  /** Asks by the native dialog, or by the picker in the window. Empty: cancelled. */
  async choose(what: PathKind, name = ''): Promise<readonly string[]> {
    if (this.preferences.about?.dialogs === true)
      return (await this.toasts.guard(() => this.api.choosePaths(what))) ?? [];
    return new Promise((resolve) => {
      this.asked = {
        what,
        name,
        answer: (paths) => {
          this.asked = null;
          resolve(paths);
        },
      };
    });
  }
}
