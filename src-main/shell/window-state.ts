import type { BrowserWindow, Rectangle } from 'electron';
import { jsonFile } from '../base/json-file.js';
import { flag, integer, type Of, object, orElse, read } from '../contract/schema/schema.js';

const WindowState = object({
  bounds: object({ x: integer, y: integer, width: integer, height: integer }),
  maximised: orElse(flag, false),
});
export type WindowState = Of<typeof WindowState>;

const SIZE = { width: 1440, height: 900 } as const;
const SAVE_AFTER_MS = 500;

/** Where the window was, if a screen still shows that place; else null. */
export async function readWindowState(
  file: string,
  screens: readonly { readonly workArea: Rectangle }[],
): Promise<WindowState | null> {
  const value = await jsonFile(file)
    .read()
    // Without a place that can be read the window opens where the system puts it.
    .catch(() => null);
  const saved = read(WindowState, value);
  if (!saved.fits) return null;
  const { bounds } = saved.value;
  // Its title bar must be reachable: the screen it was on may be gone.
  const visible = screens.some(
    ({ workArea }) =>
      bounds.x < workArea.x + workArea.width - 50 &&
      bounds.x + bounds.width > workArea.x + 50 &&
      bounds.y >= workArea.y - 10 &&
      bounds.y < workArea.y + workArea.height - 50,
  );
  return visible ? saved.value : null;
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
