import { describe, expect, it } from 'vitest';
import type { SeriesCard } from '../../src-main/contract/window/opened.js';
import { FrameWindows, type PlaneOfFrame } from '../../src-renderer/viewer/image/frame-windows.js';
import type { Window } from '../../src-renderer/viewer/image/window.js';
import { card } from '../renderer/cards.js';

const plane = (
  series: SeriesCard,
  frame: number,
  brightness: number,
  windows: readonly Window[] = [],
): PlaneOfFrame => ({
  card: series,
  frame,
  values: Float32Array.from({ length: 1000 }, (_, i) => (brightness * i) / 1000),
  windows,
});
const NONE: Window = { center: 0, width: 1 };
const NAMED: Window = { center: 500, width: 1000 };

describe('windows of frames', () => {
  it('opens frames of another b-value in a window of their own, and keeps what was set for each', () => {
    const dwi = card({ frames: 3, frameBValues: [0, 1000, 1000] });
    const windows = new FrameWindows();
    const b0 = windows.next(plane(dwi, 0, 1000, [NAMED]), NONE);
    expect(b0).toEqual(NAMED);
    const b1000 = windows.next(plane(dwi, 1, 100, [NAMED]), b0);
    expect(b1000.center + b1000.width / 2).toBeLessThan(110);
    const set: Window = { center: 30, width: 40 };
    expect(windows.next(plane(dwi, 2, 100, [NAMED]), set)).toEqual(set);
    expect(windows.next(plane(dwi, 0, 1000, [NAMED]), set)).toEqual(NAMED);
    expect(windows.next(plane(dwi, 1, 100, [NAMED]), NAMED)).toEqual(set);
  });

  it('finds a window again for a much darker frame where no file names any, unless a person has set one', () => {
    const series = card({ frames: 2 });
    const windows = new FrameWindows();
    const first = windows.next(plane(series, 0, 1000), NONE);
    expect(windows.next(plane(series, 1, 900), first)).toEqual(first);
    const dark = windows.next(plane(series, 0, 100), first);
    expect(dark.center + dark.width / 2).toBeLessThan(110);
    const set: Window = { center: 3, width: 4 };
    expect(windows.next(plane(series, 1, 1000), set)).toEqual(set);
  });

  it('keeps the window of a file for slices of air, where nothing tells that these are images of diffusion', () => {
    const windows = new FrameWindows();
    const first = windows.next(plane(card(), 0, 1000, [NAMED]), NONE);
    expect(windows.next(plane(card(), 0, 5, [NAMED]), first)).toEqual(NAMED);
  });
});
