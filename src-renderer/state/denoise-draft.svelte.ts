import { SvelteMap } from 'svelte/reactivity';
import type { SeriesKey } from '../../src-main/contract/window/opened.js';
import { type Choices, defaultChoices } from './denoise-choices.js';
import type { Preferences } from './preferences.svelte.js';

/** What the Denoise panel has chosen for the next run of each series; it stays while the panel is closed, and with its series. */
export class DenoiseDraft {
  choices = $derived.by((): Choices => {
    const key = this.subject();
    const own = key === null ? undefined : this.changed.get(key);
    return { ...defaultChoices(this.preferences.settings.device), ...(own ?? this.next) };
  });
  private readonly changed = new SvelteMap<SeriesKey, Partial<Choices>>();
  /** Chosen while no series was: for the one that is chosen next. */
  private next = $state.raw<Partial<Choices>>({});
  private readonly preferences: Preferences;
  private readonly subject: () => SeriesKey | null;

  /** @param subject the series that the panel is about */
  constructor(preferences: Preferences, subject: () => SeriesKey | null) {
    this.preferences = preferences;
    this.subject = subject;
  }

  change(part: Partial<Choices>): void {
    const key = this.subject();
    if (key === null) this.next = { ...this.next, ...part };
    else this.changed.set(key, { ...this.next, ...this.changed.get(key), ...part });
  }

  /** A run was started with it: it stays with its series, and goes on to no other. */
  used(): void {
    this.change({});
    this.next = {};
  }
}
