import * as path from 'node:path';
import { exists } from '../base/files.js';
import { LimpidError } from '../contract/errors.js';
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
    throw new LimpidError(
      'E_EXISTS',
      'The output folder holds the results of an earlier run.',
      'Choose a new or empty folder.',
      path.resolve(output),
    );
  return openOutputFolder(output, guardedPath(inputs[0] ?? output));
}
