import * as path from 'node:path';
import { asFileError, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { errorFrom, fault, problemFrom } from '../contract/errors.js';
import { readAttributes } from '../dicom/elements/attributes.js';
import { walkElements } from '../dicom/elements/elements.js';
import { isUid } from '../dicom/elements/uid.js';
import { bytesOf, type Storable } from '../dicom/net/storable.js';

const SERIES = 'x0020000e';

/**
 * Puts instances into a folder, flat, each whole or not at all, as Series Instance UID + '#' + SOP Instance UID + '.dcm':
 * names by which routers tell series apart. One that is there is written again.
 *
 * @throws LimpidError E_IO; with the place of an instance that cannot be read those of reading it
 */
export async function putInFolder(
  folder: string,
  instances: readonly Storable[],
  done: (instance: Storable) => void,
): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw asFileError(error, folder);
  }
  for (const instance of instances) {
    const bytes = await bytesOf(instance);
    const name = `${seriesOf(bytes, instance.path)}#${instance.sopInstance}.dcm`;
    await writeFileAtomic(path.join(folder, name), bytes, { replace: true });
    done(instance);
  }
}

/** What is no UID may be a path, and names no file. @throws LimpidError with the place, so that the others go on */
function seriesOf(bytes: Uint8Array, place: string): string {
  try {
    const series = readAttributes(bytes, walkElements(bytes)).text(SERIES) ?? '';
    if (!isUid(series)) throw fault('E_UID/named', { name: 'Series Instance UID' });
    return series;
  } catch (error) {
    throw errorFrom({ ...problemFrom(error), place });
  }
}
