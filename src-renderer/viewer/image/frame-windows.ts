import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import {
  autoWindow,
  followedWindow,
  initialWindow,
  type Preset,
  percentiles,
  presetsOf,
  type Window,
} from './window.js';

/** A plane that comes on screen. */
export interface PlaneOfFrame {
  readonly card: SeriesCard;
  readonly frame: number;
  /** Asked for only where the window has to be found. */
  readonly values: Float32Array;
  /** Those that the file names for it. */
  readonly windows: readonly Window[];
}

/** Brightest values (99.5th percentile) over the top of a window: beyond these bounds a picture is black, or white. */
const DARK = 0.15;
const FITS = { least: 0.5, most: 2 };

/**
 * Which window the frames of one series are shown in: each in its own where the file names one, and frames of another
 * b-value, which are several times darker, in another than these. What a person sets holds for all frames of a b-value.
 */
export class FrameWindows {
  /** That of the plane as it would open: what a reset goes back to. */
  opened: Window = { center: 0, width: 1 };
  presets: readonly Preset[] = [];
  #named: readonly Window[] | null = null;
  #bValue = 0;
  #frame = 0;
  readonly #kept = new Map<number, Window>();

  /** The window for a plane. @param used that on screen; it counts from the second plane on */
  next(plane: PlaneOfFrame, used: Window): Window {
    const { card, frame, windows } = plane;
    const last = this.#named;
    const bValue = card.frameBValues?.[frame] ?? 0;
    const [lastB, lastFrame, lastOpened] = [this.#bValue, this.#frame, this.opened];
    [this.#bValue, this.#frame] = [bValue, frame];
    const isFirst = last === null;
    if (isFirst || bValue !== lastB || !sameWindows(windows, last)) {
      this.#named = windows;
      this.presets = presetsOf(card, plane.values, windows);
      this.opened = openingWindow(plane);
    }
    if (isFirst) return this.opened;
    if (bValue !== lastB) {
      if (same(used, lastOpened)) this.#kept.delete(lastB);
      else this.#kept.set(lastB, used);
      return this.#kept.get(bValue) ?? this.opened;
    }
    const followed = followedWindow(used, last, windows);
    const isAutomatic = windows.length === 0 && same(used, lastOpened);
    if (!isAutomatic || frame === lastFrame || fits(plane.values, used)) return followed;
    this.presets = presetsOf(card, plane.values, windows);
    this.opened = autoWindow(plane.values);
    return this.opened;
  }
}

/** The file's, but one that leaves images of diffusion black: some files name that of b = 0 for all. */
function openingWindow({ card, values, windows }: PlaneOfFrame): Window {
  const window = initialWindow(card, values, windows);
  return card.frameBValues !== undefined && brightness(values, window) < DARK ? autoWindow(values) : window;
}

function brightness(values: Float32Array, { center, width }: Window): number {
  const [bright] = percentiles(values, [0.995]);
  return (bright - center + width / 2) / width;
}

function fits(values: Float32Array, window: Window): boolean {
  const share = brightness(values, window);
  return share >= FITS.least && share <= FITS.most;
}

function same(a: Window, b: Window): boolean {
  return a.center === b.center && a.width === b.width;
}

function sameWindows(a: readonly Window[], b: readonly Window[]): boolean {
  return a.length === b.length && a.every((window, i) => same(window, b[i]));
}
