import type { ViewState } from './view-state.js';

/** What is taken back: how it looks and what was measured, not where one is. */
const KEPT = [
  'window',
  'zoom',
  'pan',
  'rotation',
  'flipX',
  'flipY',
  'invert',
  'smooth',
  'layout',
  'panes',
  'enlargedFrom',
  'overlay',
  'opacity',
  'threshold',
  'residualLimit',
  'errorLimit',
  'smoothed',
  'measurements',
  'keyImages',
] as const satisfies readonly (keyof ViewState)[];
type Kept = Pick<ViewState, (typeof KEPT)[number]>;

const MOST_STEPS = 100;

/**
 * Steps of a view, to take back and to do again. What changed between two calls of `mark` is one step: whoever begins
 * something (a key, a press of the pointer) marks, and a drag or a turn of the wheel is one step whatever its length.
 */
export class History {
  readonly #view: ViewState;
  #last: Kept;
  #past: Kept[] = [];
  #future: Kept[] = [];

  constructor(view: ViewState) {
    this.#view = view;
    this.#last = keptOf(view);
  }

  /** Ends the step that was under way. */
  mark(): void {
    const now = keptOf(this.#view);
    if (same(now, this.#last)) return;
    this.#past = [...this.#past, this.#last].slice(-MOST_STEPS);
    this.#future = [];
    this.#last = now;
  }

  /** Changes that no person made: they are part of no step. */
  follow(change: () => void): void {
    this.mark();
    change();
    this.#last = keptOf(this.#view);
  }

  undo(): void {
    this.mark();
    const past = this.#past.pop();
    if (past === undefined) return;
    this.#future.push(this.#last);
    this.#show(past);
  }

  redo(): void {
    this.mark();
    const future = this.#future.pop();
    if (future === undefined) return;
    this.#past.push(this.#last);
    this.#show(future);
  }

  /** What is now is where it begins. */
  forget(): void {
    this.#past = [];
    this.#future = [];
    this.#last = keptOf(this.#view);
  }

  #show(kept: Kept): void {
    Object.assign(this.#view, kept);
    this.#last = keptOf(this.#view);
  }
}

/** Values are replaced and never changed in place, so that the snapshot is one of references. */
function keptOf(view: ViewState): Kept {
  const { window, zoom, pan, rotation, flipX, flipY, invert, smooth, layout, panes, enlargedFrom } = view;
  const { overlay, opacity, threshold, residualLimit, errorLimit, smoothed, measurements, keyImages } = view;
  return {
    ...{ window, zoom, pan, rotation, flipX, flipY, invert, smooth, layout, panes, enlargedFrom },
    ...{ overlay, opacity, threshold, residualLimit, errorLimit, smoothed, measurements, keyImages },
  };
}

function same(a: Kept, b: Kept): boolean {
  return KEPT.every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));
}
