import type { SeriesCard } from '../../../src-main/contract/window/opened.js';

/** A window of grey values, in the units of the series (DICOM PS3.3 C.11.2.1.3.2, LINEAR_EXACT). */
export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface Preset extends Window {
  readonly id: string;
  /** As the file calls it; null: by its id, in the language of the window. */
  readonly name: string | null;
}

/** Customary windows of CT in HU: level, width; the first nine have the keys 1 to 9. */
const CT: readonly (readonly [string, number, number])[] = [
  ['brain', 40, 80],
  ['bone', 400, 1800],
  ['lung', -600, 1500],
  ['abdomen', 40, 350],
  ['mediastinum', 40, 450],
  ['soft', 50, 400],
  ['liver', 60, 160],
  ['stroke', 35, 40],
  ['subdural', 75, 215],
  ['temporal', 600, 2800],
];

/**
 * Windows to choose from: those of the file (of a frame, where `windows` are given), those from the percentiles of a plane of values (NaN left out), and,
 * for CT, the customary ones. At most one of a kind of the same centre and width.
 */
export function presetsOf(
  series: SeriesCard,
  values: Float32Array | null,
  windows: readonly Window[] = series.windows,
): readonly Preset[] {
  const file = windows.map(({ center, width }, i) => ({
    id: `file-${i}`,
    name: series.windows[i]?.name || null,
    center,
    width,
  }));
  const auto = values === null ? [] : automatic(values);
  const ct =
    series.modality === 'CT' ? CT.map(([id, center, width]) => ({ id, name: null, center, width })) : [];
  const all = series.modality === 'CT' ? [...file, ...ct, ...auto] : [...file, ...auto];
  return all.filter(
    (preset, i) => all.findIndex((p) => p.center === preset.center && p.width === preset.width) === i,
  );
}

/**
 * Presets in the order of the keys 1 to 9: of CT the customary ones first, which are the same for every series, else
 * those of the file and those from the values.
 */
export function numberedPresets(presets: readonly Preset[]): readonly Preset[] {
  const isCt = presets.some(({ id }) => CT.some(([name]) => name === id));
  // one of the file may stand for a customary one
  const customary = CT.flatMap(([, center, width]) =>
    presets.filter((preset) => isCt && preset.center === center && preset.width === width),
  );
  return [...customary, ...presets.filter((preset) => !customary.includes(preset))].slice(0, 9);
}

function automatic(values: Float32Array): Preset[] {
  // At once, since what takes the time is to sort.
  const [low, dark, tightLow, tightHigh, bright, high] = percentiles(values, [0, 0.01, 0.05, 0.97, 0.995, 1]);
  return [
    { id: 'auto', name: null, ...between(dark, bright) },
    { id: 'contrast', name: null, ...between(tightLow, tightHigh) },
    { id: 'full', name: null, ...between(low, high) },
  ];
}

/** The window to open a series with: the file's first, a soft-tissue one for CT, else from percentiles. */
export function initialWindow(
  series: SeriesCard,
  values: Float32Array,
  windows: readonly Window[] = series.windows,
): Window {
  const named = windows[0];
  if (named !== undefined) return { center: named.center, width: named.width };
  if (series.modality === 'CT') return { center: 50, width: 400 };
  return autoWindow(values);
}

/**
 * The window for another frame: its own where that of the last one is in use, as viewers do; what a person has set stays.
 *
 * @param last, next windows of the two frames, in the order of the file
 */
export function followedWindow(window: Window, last: readonly Window[], next: readonly Window[]): Window {
  const used = last.findIndex(({ center, width }) => center === window.center && width === window.width);
  const own = used < 0 ? undefined : next[used];
  return own === undefined ? window : { center: own.center, width: own.width };
}

/** From the 1st to the 99.5th percentile of the finite values. */
export function autoWindow(values: Float32Array): Window {
  const [low, high] = percentiles(values, [0.01, 0.995]);
  return between(low, high);
}

function between(low: number, high: number): Window {
  return { center: (low + high) / 2, width: high > low ? high - low : 1 };
}

/** Values at these shares of the sorted finite values, from every n-th of at most about 65,536; zeros for none. */
export function percentiles(values: Float32Array, shares: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(values.length / 65_536));
  const picked = new Float32Array(Math.ceil(values.length / step));
  let count = 0;
  for (let i = 0; i < values.length; i += step) if (Number.isFinite(values[i])) picked[count++] = values[i];
  if (count === 0) return shares.map(() => 0);
  const sorted = picked.subarray(0, count).sort();
  return shares.map((share) => sorted[Math.round(share * (count - 1))]);
}

/**
 * A window after dragging by CSS pixels: right is wider, down is a higher level (darker). The step follows the width,
 * so that narrow and wide windows feel alike.
 */
export function draggedWindow(window: Window, dx: number, dy: number): Window {
  const step = window.width / 250;
  return { center: window.center + dy * step, width: Math.max(window.width / 50, window.width + dx * step) };
}

/** Digits that make a change of one step of the window visible. */
export function windowDigits(window: Window): number {
  return Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(window.width / 10))));
}
