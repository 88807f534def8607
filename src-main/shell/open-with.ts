import { existsSync } from 'node:fs';
import * as path from 'node:path';

/**
 * Files and folders that a command line of the app names.
 *
 * @param packaged whether argv[1] is already the first argument, rather than the folder of the app
 */
export function pathsOf(argv: readonly string[], folder: string, packaged: boolean): string[] {
  return argv
    .slice(packaged ? 1 : 2)
    .filter((argument) => argument !== '' && !argument.startsWith('-'))
    .map((argument) => path.resolve(folder, argument))
    .filter((place) => existsSync(place));
}
