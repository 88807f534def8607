import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { freeBytes, hasCode } from '../../base/files.js';
import { VERSION } from '../../base/version.js';
import { encodeMeta } from '../elements/encode.js';
import { isUid } from '../elements/uid.js';
import type { Association, Message } from './association.js';

/** Statuses of C-STORE and its like (PS3.4 table B.2-1, PS3.7 annex C). */
export const STATUS = {
  success: 0x0000,
  pending: 0xff00,
  pendingWithoutKeys: 0xff01,
  cancelled: 0xfe00,
  outOfResources: 0xa700,
  cannotUnderstand: 0xc000,
  notAuthorised: 0x0124,
  unrecognised: 0x0211,
  classMismatch: 0xa900,
} as const;

/** Where instances are put, as SOP Instance UID + '.dcm'. */
export interface Receiving {
  readonly folder: string;
  /** Longest data set that is taken. */
  readonly mostBytes: number;
  /** Free space that has to stay, in bytes; absent: until the disk is full. */
  readonly leastFree?: number;
}

/** The answer to C-STORE, and where the instance is; null where it is not. */
export interface Stored {
  readonly status: number;
  readonly file: string | null;
}

/**
 * Streams the data set of C-STORE to a `.part` file, flushes and renames it: only a whole instance gets its name.
 *
 * @throws ProtocolError, errors of the socket and of the disk, but for one that is full
 */
export async function storeInstance(
  association: Association,
  { context, command, data }: Message,
  { folder, mostBytes, leastFree = 0 }: Receiving,
): Promise<Stored> {
  const { affectedClass, affectedInstance } = command;
  if (data === null || affectedClass === undefined || affectedInstance === undefined)
    return { status: STATUS.cannotUnderstand, file: null };
  // The UID becomes a file name: nothing else may pass.
  if (!isUid(affectedInstance) || !isUid(affectedClass))
    return { status: STATUS.cannotUnderstand, file: null };
  if (leastFree > 0 && (await freeBytes(folder)) < leastFree)
    return { status: STATUS.outOfResources, file: null };
  const proposed = association.request.contexts.find(({ id }) => id === context);
  if (proposed?.abstractSyntax !== affectedClass) return { status: STATUS.classMismatch, file: null };
  const transferSyntax = association.accepted.get(context)?.transferSyntax ?? '';
  const file = path.join(folder, `${affectedInstance}.dcm`);
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  try {
    const handle = await fs.open(part, 'wx', 0o600);
    try {
      await handle.writeFile(
        encodeMeta({
          sopClassUid: affectedClass,
          sopInstanceUid: affectedInstance,
          transferSyntax,
          softwareVersion: VERSION,
        }),
      );
      let size = 0;
      for await (const bytes of data) {
        size += bytes.length;
        if (size > mostBytes) throw new TooLarge();
        await handle.writeFile(bytes);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(part, file);
    return { status: STATUS.success, file };
  } catch (error) {
    await fs.rm(part, { force: true });
    if (error instanceof TooLarge || hasCode(error, 'ENOSPC', 'EDQUOT', 'EFBIG'))
      return { status: STATUS.outOfResources, file: null };
    throw error;
  }
}

class TooLarge extends Error {}
