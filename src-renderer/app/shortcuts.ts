import type { Screen } from './session.svelte.js';
import type { TextKey } from './text.svelte.js';

/** Keys that work on every screen; those of the viewer are listed by the viewer. `code` is the physical key. */
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
    keys: 'Ctrl+O',
    text: 'key.openFolder',
    does: 'open-folder',
    matches: (event) => command(event) && !event.shiftKey && event.code === 'KeyO',
  },
  {
    keys: 'Ctrl+Shift+O',
    text: 'key.openFiles',
    does: 'open-files',
    matches: (event) => command(event) && event.shiftKey && event.code === 'KeyO',
  },
  {
    keys: 'Ctrl+D',
    text: 'key.denoise',
    does: 'denoise',
    matches: (event) => command(event) && !event.shiftKey && event.code === 'KeyD',
  },
  { keys: 'Alt+1', text: 'key.studies', does: 'studies', matches: alt('Digit1') },
  { keys: 'Alt+2', text: 'key.viewer', does: 'viewer', matches: alt('Digit2') },
  { keys: 'Alt+3', text: 'key.batch', does: 'batch', matches: alt('Digit3') },
  { keys: 'Alt+4', text: 'key.settings', does: 'settings', matches: alt('Digit4') },
  {
    keys: 'F1',
    text: 'key.shortcuts',
    does: 'shortcuts',
    matches: (event) => plain(event) && event.key === 'F1',
  },
];
