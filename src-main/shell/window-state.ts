import type { BrowserWindow, Rectangle } from 'electron';
import { jsonFile } from '../app/json-file.js';
import { isRecord } from '../app/validate.js';

export interface WindowState {
  readonly bounds: Rectangle;
  readonly maximised: boolean;
}

const SIZE = { width: 1440, height: 900 } as const;
const SAVE_AFTER_MS = 500;

/** Where the window was, if a screen still shows that place; else null. */
export async function readWindowState(
  file: string,
  screens: readonly { readonly workArea: Rectangle }[],
): Promise<WindowState | null> {
  const value = await jsonFile(file)
    .read()
    .catch(() => null);
  if (!isRecord(value) || !isBounds(value.bounds)) return null;
  const { bounds } = value;
  // Its title bar must be reachable: the screen it was on may be gone.
  const visible = screens.some(
    ({ workArea }) =>
      bounds.x < workArea.x + workArea.width - 50 &&
      bounds.x + bounds.width > workArea.x + 50 &&
      bounds.y >= workArea.y - 10 &&
      bounds.y < workArea.y + workArea.height - 50,
  );
  return visible ? { bounds, maximised: value.maximised === true } : null;
}

export function firstBounds(): { readonly width: number; readonly height: number } {
  return SIZE;
}

/** Writes the place of the window down, shortly after it changed. */
export function keepWindowState(window: BrowserWindow, file: string): void {
  const disk = jsonFile(file);
  let timer: NodeJS.Timeout | undefined;
  const save = () => {
    if (window.isDestroyed() || window.isMinimized() || window.isFullScreen()) return;
    const state: WindowState = { bounds: window.getNormalBounds(), maximised: window.isMaximized() };
    // A place that is not kept is no reason to bother anybody.
    disk.write(state).catch(() => undefined);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER_MS);
  };
  window.on('resize', later);
  window.on('move', later);
  window.on('close', () => {
    clearTimeout(timer);
    save();
  });
}

function isBounds(value: unknown): value is Rectangle {
  return isRecord(value) && ['x', 'y', 'width', 'height'].every((name) => Number.isSafeInteger(value[name]));
}
