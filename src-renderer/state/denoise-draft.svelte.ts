import { type Choices, defaultChoices } from './denoise-choices.js';
import type { Preferences } from './preferences.svelte.js';

/** What the Denoise panel has chosen for its next run; it stays while the panel is closed. */
export class DenoiseDraft {
  choices = $derived.by(
    (): Choices => ({
      ...defaultChoices(this.preferences.settings.device),
      ...this.changed,
    }),
  );
  private changed = $state.raw<Partial<Choices>>({});
  private readonly preferences: Preferences;

  constructor(preferences: Preferences) {
    this.preferences = preferences;
  }

  change(part: Partial<Choices>): void {
    this.changed = { ...this.changed, ...part };
  }
}
