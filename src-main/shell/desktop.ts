import {
  type BrowserWindow,
  dialog,
  nativeImage,
  type OpenDialogOptions,
  shell,
  type WebContents,
} from 'electron';
import type { Desktop } from '../app/service.js';
import type { PathKind } from '../contract/window/app.js';

const MODELS = [{ name: 'Models', extensions: ['onnx'] }];

const DIALOGS: Readonly<Record<Exclude<PathKind, 'save-model'>, OpenDialogOptions>> = {
  'open-folder': { properties: ['openDirectory', 'multiSelections'] },
  'open-files': { properties: ['openFile', 'multiSelections'] },
  'output-folder': { properties: ['openDirectory', 'createDirectory'] },
  'open-model': { properties: ['openFile'], filters: MODELS },
};

/** Native dialogs and the file manager. */
export function desktop(window: () => BrowserWindow | null): Desktop {
  return {
    async choosePaths(what) {
      const owner = window();
      if (owner === null) return [];
      if (what === 'save-model') {
        const { filePath } = await dialog.showSaveDialog(owner, { filters: MODELS });
        return filePath ? [filePath] : [];
      }
      return (await dialog.showOpenDialog(owner, DIALOGS[what])).filePaths;
    },
    async showInFolder(place) {
      shell.showItemInFolder(place);
    },
  };
}

const ICON = 32;

/** Begins to drag files out of the window; a plain sheet hangs at the pointer. */
export function startDrag(contents: WebContents, files: readonly string[]): void {
  const [file] = files;
  if (file === undefined) return;
  const pixels = Buffer.alloc(4 * ICON * ICON, 0xd0);
  const icon = nativeImage.createFromBitmap(pixels, { width: ICON, height: ICON });
  contents.startDrag({ file, files: [...files], icon });
}
