/** Keys of the viewer: one list for the handler and for the page that shows them. */

export type Command =
  | 'slice-next'
  | 'slice-previous'
  | 'slice-forward-10'
  | 'slice-back-10'
  | 'slice-first'
  | 'slice-last'
  | 'frame-next'
  | 'frame-previous'
  | 'window-wider'
  | 'window-narrower'
  | 'level-up'
  | 'level-down'
  | 'preset-next'
  | 'window-auto'
  | 'invert'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'pan-left'
  | 'pan-right'
  | 'pan-up'
  | 'pan-down'
  | 'rotate'
  | 'flip-x'
  | 'flip-y'
  | 'smooth'
  | 'reset'
  | 'layout-one'
  | 'layout-two'
  | 'layout-four'
  | 'swipe'
  | 'split-left'
  | 'split-right'
  | 'flicker'
  | 'flicker-switch'
  | 'overlay'
  | 'strength-up'
  | 'strength-down'
  | 'cine'
  | 'tool-window'
  | 'tool-probe'
  | 'tool-rectangle'
  | 'tool-ellipse'
  | 'tool-line'
  | 'place'
  | 'probe-left'
  | 'probe-right'
  | 'probe-up'
  | 'probe-down'
  | 'remove'
  | 'escape'
  | 'annotations'
  | 'panel';

type ShortcutGroup = 'scroll' | 'window' | 'view' | 'compare' | 'measure';

export interface Shortcut {
  /** `KeyboardEvent.key`, letters in lower case; with 'Shift+' or 'Control+' where these are held. */
  readonly keys: readonly string[];
  readonly command: Command;
  readonly group: ShortcutGroup;
}

/** In the order in which a page lists them. What each does in words: WORDS.commands. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ['ArrowDown'], command: 'slice-next', group: 'scroll' },
  { keys: ['ArrowUp'], command: 'slice-previous', group: 'scroll' },
  { keys: ['PageDown'], command: 'slice-forward-10', group: 'scroll' },
  { keys: ['PageUp'], command: 'slice-back-10', group: 'scroll' },
  { keys: ['Home'], command: 'slice-first', group: 'scroll' },
  { keys: ['End'], command: 'slice-last', group: 'scroll' },
  { keys: ['ArrowRight'], command: 'frame-next', group: 'scroll' },
  { keys: ['ArrowLeft'], command: 'frame-previous', group: 'scroll' },
  { keys: ['c'], command: 'cine', group: 'scroll' },
  { keys: [']'], command: 'window-wider', group: 'window' },
  { keys: ['['], command: 'window-narrower', group: 'window' },
  { keys: ['.'], command: 'level-up', group: 'window' },
  { keys: [','], command: 'level-down', group: 'window' },
  { keys: ['p'], command: 'preset-next', group: 'window' },
  { keys: ['a'], command: 'window-auto', group: 'window' },
  { keys: ['i'], command: 'invert', group: 'window' },
  { keys: ['+', '='], command: 'zoom-in', group: 'view' },
  { keys: ['-'], command: 'zoom-out', group: 'view' },
  { keys: ['0'], command: 'fit', group: 'view' },
  { keys: ['Control+ArrowLeft'], command: 'pan-left', group: 'view' },
  { keys: ['Control+ArrowRight'], command: 'pan-right', group: 'view' },
  { keys: ['Control+ArrowUp'], command: 'pan-up', group: 'view' },
  { keys: ['Control+ArrowDown'], command: 'pan-down', group: 'view' },
  { keys: ['t'], command: 'rotate', group: 'view' },
  { keys: ['h'], command: 'flip-x', group: 'view' },
  { keys: ['v'], command: 'flip-y', group: 'view' },
  { keys: ['m'], command: 'smooth', group: 'view' },
  { keys: ['n'], command: 'annotations', group: 'view' },
  { keys: ['b'], command: 'panel', group: 'view' },
  { keys: ['Backspace'], command: 'reset', group: 'view' },
  { keys: ['1'], command: 'layout-one', group: 'compare' },
  { keys: ['2'], command: 'layout-two', group: 'compare' },
  { keys: ['4'], command: 'layout-four', group: 'compare' },
  { keys: ['s'], command: 'swipe', group: 'compare' },
  { keys: ['j'], command: 'split-left', group: 'compare' },
  { keys: ['k'], command: 'split-right', group: 'compare' },
  { keys: ['f'], command: 'flicker', group: 'compare' },
  { keys: [' '], command: 'flicker-switch', group: 'compare' },
  { keys: ['o'], command: 'overlay', group: 'compare' },
  { keys: ['g'], command: 'strength-up', group: 'compare' },
  { keys: ['Shift+g'], command: 'strength-down', group: 'compare' },
  { keys: ['w'], command: 'tool-window', group: 'measure' },
  { keys: ['q'], command: 'tool-probe', group: 'measure' },
  { keys: ['r'], command: 'tool-rectangle', group: 'measure' },
  { keys: ['e'], command: 'tool-ellipse', group: 'measure' },
  { keys: ['l'], command: 'tool-line', group: 'measure' },
  { keys: ['Enter'], command: 'place', group: 'measure' },
  { keys: ['Shift+ArrowLeft'], command: 'probe-left', group: 'measure' },
  { keys: ['Shift+ArrowRight'], command: 'probe-right', group: 'measure' },
  { keys: ['Shift+ArrowUp'], command: 'probe-up', group: 'measure' },
  { keys: ['Shift+ArrowDown'], command: 'probe-down', group: 'measure' },
  { keys: ['Delete'], command: 'remove', group: 'measure' },
  { keys: ['Escape'], command: 'escape', group: 'measure' },
];

export interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** The command of a key, or null. Signs such as '+' need no Shift in the list: keyboards differ in where they are. */
export function commandOf({ key, shiftKey, ctrlKey, altKey, metaKey }: Key): Command | null {
  if (altKey || metaKey) return null;
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  const name = key.length === 1 ? key.toLowerCase() : key;
  const full = `${ctrlKey ? 'Control+' : ''}${shiftKey && !isSign ? 'Shift+' : ''}${name}`;
  return SHORTCUTS.find(({ keys }) => keys.includes(full))?.command ?? null;
}
