import * as path from 'node:path';
import { sha256, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import type { WriteRequest, WrittenFile } from './input.js';

/** Writes the trained network into the work folder; `name` is empty when the entry is itself the file. */
export async function putModel(
  request: Pick<WriteRequest, 'folder'>,
  name: string,
  model: Uint8Array,
): Promise<WrittenFile> {
  const file = path.join(request.folder, 'model', name);
  await makeFolder(path.dirname(file));
  await writeFileAtomic(file, model, { replace: true });
  return {
    role: 'model',
    entry: 'model',
    name,
    bytes: model.length,
    sha256: sha256(model),
    seriesInstanceUid: null,
    sopInstanceUid: null,
  };
}
