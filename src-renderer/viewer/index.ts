/** The viewer of series: everything that the window around it needs. */
export { FrameStore, frameLoader } from './frames.js';
export { type Command, commandOf, SHORTCUTS, type Shortcut, type ShortcutGroup } from './shortcuts.js';
export type { ViewState } from './state.js';
export { default as Viewer } from './Viewer.svelte';
export { ENGLISH, type ViewerWords } from './words.js';
export { GERMAN } from './words-de.js';
