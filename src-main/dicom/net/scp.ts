import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import { VERSION } from '../../base/version.js';
import { LimpidError } from '../../contract/errors.js';
import { encodeMeta } from '../elements/encode.js';
import { isUid } from '../elements/uid.js';
import { Association, type Decision, type Message } from './association.js';
import { COMMAND_FIELD } from './command.js';
import type { AssociateReject, AssociateRequest } from './pdu.js';

export interface StorageSettings {
  /** Title under which this node is called; others are rejected. */
  readonly title: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where instances are put, as SOP Instance UID + '.dcm'. */
  readonly folder: string;
  /** Titles that may store; null: any. */
  readonly callers: readonly string[] | null;
  readonly mostAssociations: number;
  /** Longest data set that is taken. */
  readonly mostBytes: number;
  /** Silence after which a peer is taken for dead. */
  readonly silenceMs: number;
}

/** An instance that is on disk, whole and flushed, before its sender hears of it. */
export interface Received {
  readonly file: string;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly caller: string;
}

export interface StorageNode {
  readonly port: number;
  /** Associations that are open now. */
  readonly open: () => number;
  /** Takes no more, ends what is open, and waits until nothing half-written is left. */
  readonly close: () => Promise<void>;
}

const VERIFICATION = '1.2.840.10008.1.1';
/** Storage SOP classes all lie under these arcs (PS3.4 table B.5-1 and its private likes are not told apart). */
const NOT_STORAGE = /^1\.2\.840\.10008\.(1\.(1|20|9|40|42)|5\.1\.4\.(1\.2|31|32|33)|3\.1\.2)(\.|$)/;

const STATUS = {
  success: 0x0000,
  outOfResources: 0xa700,
  cannotUnderstand: 0xc000,
  notAuthorised: 0x0124,
  unrecognised: 0x0211,
  classMismatch: 0xa900,
} as const;

/**
 * Listens for C-STORE and C-ECHO. An instance is streamed to a `.part` file, flushed and renamed; only then its sender
 * is told that it is stored. One that comes again is written again.
 *
 * @param received an instance is on disk
 * @throws LimpidError E_NETWORK where the port cannot be had
 */
export async function startStorage(
  settings: StorageSettings,
  received: (instance: Received) => void,
): Promise<StorageNode> {
  await fs.mkdir(settings.folder, { recursive: true });
  const sockets = new Set<Socket>();
  const serving = new Set<Promise<unknown>>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setTimeout(settings.silenceMs, () => socket.destroy(new Error('timeout')));
    // What a peer does wrong ends its association and nothing else.
    const served = serve(socket, settings, () => sockets.size, received)
      .catch(() => socket.destroy())
      .finally(() => serving.delete(served));
    serving.add(served);
  });
  const port = await listen(server, settings);
  return {
    port,
    open: () => sockets.size,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, ...serving]);
    },
  };
}

function listen(server: Server, { host, port }: StorageSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new LimpidError(
          'E_NETWORK',
          hasCode(error, 'EADDRINUSE') ? 'The port is in use.' : 'The port cannot be opened.',
          'Choose another port, or end the program that has it.',
          undefined,
          error,
        ),
      ),
    );
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function serve(
  socket: Socket,
  settings: StorageSettings,
  open: () => number,
  received: (instance: Received) => void,
): Promise<void> {
  const association = await Association.accept(socket, (request) => decide(request, settings, open()));
  if (association === null) return;
  try {
    for (;;) {
      const message = await association.receive();
      if (message === null) return;
      await answer(association, message, settings, received);
    }
  } catch (error) {
    await association.abort();
    throw error;
  }
}

function decide(
  { called, calling, contexts }: AssociateRequest,
  { title, callers, mostAssociations }: StorageSettings,
  open: number,
): Decision {
  const reject = (result: number, source: number, reason: number): AssociateReject => ({
    type: 'associate-reject',
    result,
    source,
    reason,
  });
  if (open > mostAssociations) return reject(2, 3, 2);
  if (called !== title) return reject(1, 1, 7);
  if (callers !== null && !callers.includes(calling)) return reject(1, 1, 3);
  const answered = contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    const known = abstractSyntax === VERIFICATION || !NOT_STORAGE.test(abstractSyntax);
    // The sender's first choice: nothing is converted, so any syntax will do.
    return { id, result: known ? 0 : 3, transferSyntax: transferSyntaxes[0] };
  });
  return { type: 'accept', contexts: answered };
}

async function answer(
  association: Association,
  message: Message,
  settings: StorageSettings,
  received: (instance: Received) => void,
): Promise<void> {
  const { context, command } = message;
  const { commandField, messageId, affectedClass, affectedInstance } = command;
  if (commandField === COMMAND_FIELD.cancel) return;
  if (commandField === COMMAND_FIELD.echoRequest)
    return association.send(context, {
      commandField: COMMAND_FIELD.echoResponse,
      affectedClass: VERIFICATION,
      respondedTo: messageId ?? 0,
      status: STATUS.success,
    });
  const { status, file }: Stored =
    commandField === COMMAND_FIELD.storeRequest
      ? await storeInstance(association, message, settings)
      : { status: STATUS.unrecognised, file: null };
  if (file !== null)
    received({
      file,
      sopClass: affectedClass ?? '',
      sopInstance: affectedInstance ?? '',
      caller: association.request.calling,
    });
  await association.send(context, {
    commandField: commandField | 0x8000,
    ...(affectedClass === undefined ? {} : { affectedClass }),
    ...(affectedInstance === undefined ? {} : { affectedInstance }),
    respondedTo: messageId ?? 0,
    status,
  });
}

/** The answer to C-STORE, and where the instance is; null where it is not. */
interface Stored {
  readonly status: number;
  readonly file: string | null;
}

async function storeInstance(
  association: Association,
  { context, command, data }: Message,
  { folder, mostBytes }: StorageSettings,
): Promise<Stored> {
  const { affectedClass, affectedInstance } = command;
  if (data === null || affectedClass === undefined || affectedInstance === undefined)
    return { status: STATUS.cannotUnderstand, file: null };
  // The UID becomes a file name: nothing else may pass.
  if (!isUid(affectedInstance) || !isUid(affectedClass))
    return { status: STATUS.cannotUnderstand, file: null };
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
