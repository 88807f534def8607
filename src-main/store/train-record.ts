import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, writeFileAtomic } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import type { ModelCard } from '../contract/models.js';
import type { PreviewSink } from '../training/preview.js';
import { RECORD_FILES } from './record-files.js';

/** What a training leaves for a window: pictures of patches, and the card in the end. */
export interface TrainingRecord {
  readonly previews: PreviewSink;
  card(card: ModelCard): Promise<void>;
}

/** @throws LimpidError E_IO */
export async function openRecord(folder: string): Promise<TrainingRecord> {
  // Patches are pixels of patients: nobody else may look.
  await makeFolder(folder, 0o700).catch((error: unknown) => {
    throw asFileError(error, folder);
  });
  const write = (name: string, bytes: Uint8Array | string) =>
    writeFileAtomic(path.join(folder, name), bytes, { replace: true });
  return {
    previews: {
      patches: (input, target) =>
        write(RECORD_FILES.patches, Buffer.concat([bytesOf(input), bytesOf(target)])),
      async rebuilt({ step }, images, before) {
        await write(RECORD_FILES.rebuilt(step), bytesOf(images));
        if (before !== null)
          await fs.rm(path.join(folder, RECORD_FILES.rebuilt(before.step)), { force: true });
      },
    },
    card: (card) => write(RECORD_FILES.card, JSON.stringify(card)),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
