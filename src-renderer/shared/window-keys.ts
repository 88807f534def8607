import { SCREENS, type Screen } from '../state/navigation.svelte.js';
import type { TextKey } from '../words/catalogue.js';

/** Keys that work on every screen; those of the viewer are listed by the viewer. `keys` are as those of the viewer. */
export interface Shortcut {
  readonly keys: string;
  readonly text: TextKey;
  readonly does: 'open-folder' | 'open-files' | 'denoise' | 'shortcuts' | Screen;
  readonly matches: (event: KeyboardEvent) => boolean;
}

const plain = (event: KeyboardEvent) => !event.ctrlKey && !event.metaKey && !event.altKey;
const command = (event: KeyboardEvent) => (event.ctrlKey || event.metaKey) && !event.altKey;
const alt = (code: string) => (event: KeyboardEvent) =>
  event.altKey && !event.ctrlKey && !event.metaKey && event.code === code;

export const SHORTCUTS: readonly Shortcut[] = [
  {
    keys: 'Control+o',
    text: 'key.openFolder',
    does: 'open-folder',
    matches: (event) => command(event) && !event.shiftKey && event.code === 'KeyO',
  },
  {
    keys: 'Control+Shift+o',
    text: 'key.openFiles',
    does: 'open-files',
    matches: (event) => command(event) && event.shiftKey && event.code === 'KeyO',
  },
  {
    keys: 'Control+d',
    text: 'key.denoise',
    does: 'denoise',
    matches: (event) => command(event) && !event.shiftKey && event.code === 'KeyD',
  },
  ...SCREENS.map(
    (screen, i): Shortcut => ({
      keys: `Alt+${i + 1}`,
      text: `screen.${screen}`,
      does: screen,
      matches: alt(`Digit${i + 1}`),
    }),
  ),
  {
    keys: 'F1',
    text: 'key.shortcuts',
    does: 'shortcuts',
    matches: (event) => plain(event) && event.key === 'F1',
  },
];
