import type { About, AppApi } from '../../src-main/contract/window/app.js';
import { FIRST_SETTINGS, type Settings } from '../../src-main/contract/window/settings.js';
import { setLanguage } from '../words/text.svelte.js';
import { privacy } from './privacy.svelte.js';
import type { Toasts } from './toasts.svelte.js';

/** What a person has set, and what this installation is. */
export class Preferences {
  /** Until they are there, nobody is shown what they may have read. */
  settings = $state.raw<Settings>({ ...FIRST_SETTINGS, introduced: true });
  about = $state.raw<About | null>(null);
  private readonly api: AppApi;
  private readonly toasts: Toasts;
  private written: Promise<void> = Promise.resolve();

  constructor(api: AppApi, toasts: Toasts) {
    this.api = api;
    this.toasts = toasts;
  }

  async load(): Promise<void> {
    this.settings = await this.api.settings();
    this.takeOver();
    this.about = await this.api.about();
  }

  async save(change: Partial<Settings>): Promise<void> {
    this.settings = { ...this.settings, ...change };
    this.takeOver();
    await this.toasts.guard(() => this.keep(change));
  }

  /** For what the app may refuse: it holds once the app has kept it. @throws LimpidError */
  async saveChecked(change: Partial<Settings>): Promise<void> {
    await this.keep(change);
    this.settings = { ...this.settings, ...change };
  }

  /** One after the other: of two that were made at once the earlier could be kept last. */
  private keep(change: Partial<Settings>): Promise<void> {
    const write = async (): Promise<void> => {
      // Recent inputs are kept by the app, which may know more of them by now.
      const { recent } = await this.api.settings();
      await this.api.saveSettings({ ...this.settings, recent, ...change });
    };
    const written = this.written.then(write, write);
    this.written = written;
    return written;
  }

  /** What stands outside of components follows the settings. */
  private takeOver(): void {
    setLanguage(this.settings.language);
    privacy.hidden = this.settings.hidePatients;
  }

  /** Takes over the recent inputs that the app keeps. */
  async loadRecent(): Promise<void> {
    const { recent } = await this.api.settings();
    this.settings = { ...this.settings, recent };
  }
}
