import type { AppBridge } from '../../src-main/contract/window/app.js';
import { inputsOfFiles } from '../state/paths.js';

export interface Dropped {
  readonly paths: readonly string[];
  readonly uploaded: boolean;
}

interface Relative {
  readonly file: File;
  readonly relativePath: string;
}

/**
 * Paths of what was dropped; in a browser, where files have none, they are uploaded first.
 * To be called within the drop event: its items are gone afterwards.
 */
export async function pathsOfDrop(items: DataTransferItemList, bridge: AppBridge): Promise<Dropped> {
  const things = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry() }));
  const local = things.flatMap(({ file, entry }) => {
    const path = file === null ? null : bridge.pathOf(file);
    return path === null ? [] : [{ path, folder: entry?.isDirectory === true }];
  });
  if (local.length > 0) {
    const folders = local.filter(({ folder }) => folder).map(({ path }) => path);
    const files = local.filter(({ folder }) => !folder).map(({ path }) => path);
    return { paths: [...folders, ...inputsOfFiles(files)], uploaded: false };
  }
  const files: Relative[] = [];
  for (const { file, entry } of things) {
    if (entry !== null) files.push(...(await filesBelow(entry, '')));
    else if (file !== null) files.push({ file, relativePath: file.name });
  }
  return upload(files, bridge);
}

/** Files of an input element, for those who cannot drag. */
async function upload(files: readonly Relative[], bridge: AppBridge): Promise<Dropped> {
  if (files.length === 0) return { paths: [], uploaded: true };
  return { paths: inputsOfFiles(await bridge.upload(files)), uploaded: true };
}

async function filesBelow(entry: FileSystemEntry, above: string): Promise<Relative[]> {
  const relativePath = above === '' ? entry.name : `${above}/${entry.name}`;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, relativePath }];
  }
  if (!isFolder(entry)) return [];
  const found: Relative[] = [];
  const reader = entry.createReader();
  // A reader gives at most a hundred entries at a time, and none at its end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const one of some) found.push(...(await filesBelow(one, relativePath)));
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
