import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, exists, writeFileAtomic } from '../base/files.js';
import { fault } from '../contract/errors.js';
import { guardedPath } from './open-input.js';
import { type OutputFolder, openOutputFolder, refuseOutput } from './output-folder.js';

/**
 * The output folder of a job that is run again from its start when it was stopped: its last file tells that it is
 * whole. Release it.
 *
 * @param inputs what must stay untouched
 * @param last name of the file that is written last
 * @throws LimpidError E_INSIDE_SOURCE, E_EXISTS (also where a run has finished), E_LOCKED, E_IO
 */
export async function openResultFolder(
  output: string,
  inputs: readonly string[],
  last: string,
): Promise<OutputFolder> {
  for (const input of inputs) await refuseOutput(output, guardedPath(input));
  if (await exists(path.join(path.resolve(output), last)))
    throw fault('E_EXISTS/results', {}, path.resolve(output));
  return openOutputFolder(output, guardedPath(inputs[0] ?? output));
}

/**
 * Makes the files of a result visible together: all are written to the tool's own folder first, so that a full disk
 * leaves none of them, and take their names then, the last one last.
 *
 * @returns their names
 * @throws LimpidError E_IO; nothing of them is visible then
 */
export async function writeResult(
  folder: OutputFolder,
  files: readonly (readonly [string, Uint8Array | string])[],
): Promise<string[]> {
  const work = folder.own('result');
  const seen: string[] = [];
  try {
    await fs.rm(work, { recursive: true, force: true });
    await fs.mkdir(work);
    for (const [name, content] of files) await writeFileAtomic(path.join(work, name), content);
    await folder.confirm();
    for (const [name] of files) {
      const visible = path.join(folder.root, name);
      await fs.rename(path.join(work, name), visible);
      seen.push(visible);
    }
    return files.map(([name]) => name);
  } catch (error) {
    // The first error is the one to tell: what cannot be removed either is named by nothing.
    for (const file of seen) await fs.rm(file, { force: true }).catch(() => {});
    throw asFileError(error, folder.root);
  } finally {
    // What stays is hidden in the folder of the tool, in nobody's way, and goes when the next result is written.
    await fs.rm(work, { recursive: true, force: true }).catch(() => {});
  }
}
