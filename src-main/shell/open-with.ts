import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Files and folders that a command line of the app names: as paths, or as addresses of files, which desktops of Linux give.
 *
 * @param packaged whether argv[1] is already the first argument, rather than the folder of the app
 */
export function pathsOf(argv: readonly string[], folder: string, packaged: boolean): string[] {
  return argv
    .slice(packaged ? 1 : 2)
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => placeOf(argument, folder))
    .filter((place) => place !== null)
    .filter((place) => existsSync(place));
}

function placeOf(argument: string, folder: string): string | null {
  if (!/^file:\/\//i.test(argument)) return path.resolve(folder, argument);
  try {
    return fileURLToPath(argument);
  } catch {
    // Of another computer, or no address: there is nothing to open here.
    return null;
  }
}
