import { tick } from 'svelte';

/** In the order of their keys, Alt+1 and on. */
export const SCREENS = ['studies', 'viewer', 'train', 'models', 'batch', 'settings', 'node'] as const;
export type Screen = (typeof SCREENS)[number];

/** Which screen is shown, and what of it. */
export class Navigation {
  screen = $state<Screen>('studies');
  /** What the screen is to show: a section of Settings, the card of a model in Models. null: as it opens. */
  detail = $state<string | null>(null);

  async go(screen: Screen, detail: string | null = null): Promise<void> {
    const changed = this.screen !== screen;
    this.screen = screen;
    this.detail = detail;
    if (!changed) return;
    await tick();
    document.querySelector<HTMLElement>(`#screen-${screen} h1`)?.focus();
  }
}
