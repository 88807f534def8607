import type { TextKey } from '../words/catalogue.js';

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
  | 'preset'
  | 'preset-next'
  | 'window-auto'
  | 'invert'
  | 'zoom-in'
  | 'zoom-out'
  | 'fit'
  | 'one-to-one'
  | 'enlarge'
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
  | 'layout-three'
  | 'layout-four'
  | 'strip'
  | 'planes'
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
  | 'tool-angle'
  | 'tool-arrow'
  | 'tool-text'
  | 'save-measurements'
  | 'save-report'
  | 'save-key-images'
  | 'key-image'
  | 'save-picture'
  | 'copy-picture'
  | 'like'
  | 'place'
  | 'probe-left'
  | 'probe-right'
  | 'probe-up'
  | 'probe-down'
  | 'remove'
  | 'escape'
  | 'annotations'
  | 'details'
  | 'tags'
  | 'panel'
  | 'menu'
  | 'undo'
  | 'redo'
  | 'through-time'
  | 'over-time';

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
  { keys: ['y'], command: 'through-time', group: 'scroll' },
  { keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], command: 'preset', group: 'window' },
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
  { keys: ['z'], command: 'one-to-one', group: 'view' },
  { keys: ['x'], command: 'enlarge', group: 'view' },
  { keys: ['Control+ArrowLeft'], command: 'pan-left', group: 'view' },
  { keys: ['Control+ArrowRight'], command: 'pan-right', group: 'view' },
  { keys: ['Control+ArrowUp'], command: 'pan-up', group: 'view' },
  { keys: ['Control+ArrowDown'], command: 'pan-down', group: 'view' },
  { keys: ['t'], command: 'rotate', group: 'view' },
  { keys: ['h'], command: 'flip-x', group: 'view' },
  { keys: ['v'], command: 'flip-y', group: 'view' },
  { keys: ['m'], command: 'smooth', group: 'view' },
  { keys: ['n'], command: 'annotations', group: 'view' },
  { keys: ['Shift+n'], command: 'details', group: 'view' },
  { keys: ['d'], command: 'tags', group: 'view' },
  { keys: ['b'], command: 'panel', group: 'view' },
  { keys: ['Backspace'], command: 'reset', group: 'view' },
  { keys: ['Control+z'], command: 'undo', group: 'view' },
  { keys: ['Control+y', 'Control+Shift+z'], command: 'redo', group: 'view' },
  { keys: ['ContextMenu', 'Shift+F10'], command: 'menu', group: 'view' },
  { keys: ['Shift+1'], command: 'layout-one', group: 'compare' },
  { keys: ['Shift+2'], command: 'layout-two', group: 'compare' },
  { keys: ['Shift+3'], command: 'layout-three', group: 'compare' },
  { keys: ['Shift+4'], command: 'layout-four', group: 'compare' },
  { keys: ['Shift+p'], command: 'planes', group: 'compare' },
  { keys: ['Shift+y'], command: 'over-time', group: 'compare' },
  { keys: ['Shift+b'], command: 'strip', group: 'view' },
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
  { keys: ['u'], command: 'tool-angle', group: 'measure' },
  { keys: ['Shift+l'], command: 'tool-arrow', group: 'measure' },
  { keys: ['Shift+t'], command: 'tool-text', group: 'measure' },
  { keys: ['Enter'], command: 'place', group: 'measure' },
  { keys: ['Shift+ArrowLeft'], command: 'probe-left', group: 'measure' },
  { keys: ['Shift+ArrowRight'], command: 'probe-right', group: 'measure' },
  { keys: ['Shift+ArrowUp'], command: 'probe-up', group: 'measure' },
  { keys: ['Shift+ArrowDown'], command: 'probe-down', group: 'measure' },
  { keys: ['Delete'], command: 'remove', group: 'measure' },
  { keys: ['Escape'], command: 'escape', group: 'measure' },
  { keys: ['Shift+k'], command: 'key-image', group: 'measure' },
  { keys: ['Control+e'], command: 'save-measurements', group: 'measure' },
  { keys: ['Control+Shift+e'], command: 'save-report', group: 'measure' },
  { keys: ['Control+Shift+k'], command: 'save-key-images', group: 'measure' },
  { keys: ['Control+s'], command: 'save-picture', group: 'view' },
  { keys: ['Control+c'], command: 'copy-picture', group: 'view' },
  { keys: ['Shift+s'], command: 'like', group: 'view' },
];

export interface Key {
  readonly key: string;
  /** The physical key. */
  readonly code?: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** The digit of a key in the row of digits, whatever stands on it with Shift or in other countries; null for other keys. */
export function digitOf({ code }: Pick<Key, 'code'>): number | null {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code ?? '')?.[1];
  return digit === undefined ? null : Number(digit);
}

/**
 * The command of a key, or null. Digits are meant by their place; signs such as '+' need no Shift in the list: keyboards
 * differ in where they are.
 */
export function commandOf(pressed: Key): Command | null {
  const { key, shiftKey, ctrlKey, altKey, metaKey } = pressed;
  if (altKey || metaKey) return null;
  const digit = digitOf(pressed);
  const placed =
    digit === null ? null : find(`${ctrlKey ? 'Control+' : ''}${shiftKey ? 'Shift+' : ''}${digit}`);
  if (placed !== null) return placed;
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  const name = key.length === 1 ? key.toLowerCase() : key;
  return find(`${ctrlKey ? 'Control+' : ''}${shiftKey && !isSign ? 'Shift+' : ''}${name}`);
}

function find(name: string): Command | null {
  return SHORTCUTS.find(({ keys }) => keys.includes(name))?.command ?? null;
}

const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
};

/** Keys that have other words on them in other countries. */
const WORDS: ReadonlyMap<string, TextKey> = new Map([
  [' ', 'key.space'],
  ['Control', 'key.control'],
  ['Shift', 'key.shift'],
  ['Enter', 'key.enter'],
  ['Escape', 'key.escape'],
  ['Delete', 'key.delete'],
  ['Backspace', 'key.backspace'],
  ['PageUp', 'key.pageUp'],
  ['PageDown', 'key.pageDown'],
  ['Home', 'key.home'],
  ['End', 'key.end'],
]);

/** What stands on a key, by its text in the catalogue. */
export type KeyWord = (text: TextKey) => string;

/** The keys of a command as they stand on a keyboard, each by itself; the digits in a row are one range. */
export function keyNames({ keys }: Pick<Shortcut, 'keys'>, word: KeyWord): string[] {
  const [first = '', ...rest] = keys;
  if (rest.length > 1 && keys.every((key, i) => key === String(Number(first) + i)))
    return [`${first} – ${keys.at(-1)}`];
  return keys.map((key) => keyName(key, word));
}

/** `Control+ArrowLeft` as it stands on a keyboard; a plus sign may be the key itself. */
export function keyName(keys: string, word: KeyWord): string {
  const named = (part: string): string => {
    const text = WORDS.get(part);
    return text === undefined ? (SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)) : word(text);
  };
  return keys
    .split(/\+(?=.)/)
    .map(named)
    .join('+');
}

/** The first key of a command; null: it has none. */
export function keyOf(command: Command, word: KeyWord): string | null {
  const shortcut = SHORTCUTS.find((one) => one.command === command);
  return shortcut === undefined ? null : (keyNames(shortcut, word)[0] ?? null);
}
