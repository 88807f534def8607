import { gunzipSync } from 'node:zlib';
import { hasCode } from '../../base/files.js';
import { fault } from '../../contract/errors.js';
import { MAX_FILE_BYTES, type SourceFile } from './source.js';

/** DICOM files that were compressed one by one, as public data sets are kept. */
const COMPRESSED_NAME = /\.(dcm|dicom|dic|ima|dc3)\.gz$/i;
/** Images inflate to some times their size; beyond both it is none. */
const MAX_RATIO = 100;
const FREE_BYTES = 32 * 2 ** 20;

/** The file as what its content inflates to, where its name says that it is a compressed DICOM file; else as it is. */
export function inflatedFile(file: SourceFile): SourceFile {
  if (!COMPRESSED_NAME.test(file.place)) return file;
  const { id, place, relative, size } = file;
  const read = async () => inflate(await file.read(), place);
  return { id, place, relative, size, archived: true, read };
}

/** @throws LimpidError E_ZIP, E_BOMB; what is not compressed comes back as it is */
function inflate(bytes: Uint8Array, place: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const most = Math.min(MAX_FILE_BYTES, Math.max(FREE_BYTES, MAX_RATIO * bytes.length));
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    throw hasCode(error, 'ERR_BUFFER_TOO_LARGE')
      ? fault('E_BOMB/gzip', { times: MAX_RATIO }, place)
      : fault('E_ZIP/gzip', {}, place, error);
  }
}
