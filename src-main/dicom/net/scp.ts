import { createServer, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { hasCode } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import { Association, type Decision, type Message } from './association.js';
import { COMMAND_FIELD } from './command.js';
import { type CommitmentReport, readCommitmentReport, STORAGE_COMMITMENT } from './commitment.js';
import { readTls, type TlsFiles } from './connect.js';
import type { AssociateReject, AssociateRequest } from './pdu.js';
import { type Receiving, STATUS, type Stored, storeInstance } from './receive.js';

export interface StorageSettings extends Receiving {
  /** Title under which this node is called; others are rejected. */
  readonly title: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Titles that may store; null: any. */
  readonly callers: readonly string[] | null;
  readonly mostAssociations: number;
  /** Silence after which a peer is taken for dead. */
  readonly silenceMs: number;
  /** PEM files of TLS; where an authority is named, peers must show a certificate of it. Absent or null: no TLS. */
  readonly tls?: TlsFiles | null;
}

/** An instance that is on disk, whole and flushed, before its sender hears of it. */
export interface Received {
  readonly file: string;
  readonly sopClass: string;
  readonly sopInstance: string;
  readonly caller: string;
  /** Of the machine that sent it. */
  readonly address: string;
  /** Number of the association by which it came. */
  readonly association: number;
}

/** What a storage node tells of. */
export interface StorageEvents {
  /** An instance is on disk. */
  readonly received: (instance: Received) => void;
  /** An association ended, however it did. */
  readonly ended?: (association: number) => void;
  /** An association was refused for who asked for it, or how: the title that it called itself by is the peer's word. */
  readonly refused?: (refusal: Refusal) => void;
  /** A peer says which instances it will keep (PS3.4 section J.3.3); absent: such reports are refused. */
  readonly committed?: (report: CommitmentReport) => void;
}

/** `handshake`: no TLS, or no certificate that is trusted. */
export interface Refusal {
  readonly why: 'called-title' | 'calling-title' | 'handshake';
  /** null where it did not come so far. */
  readonly title: string | null;
  readonly address: string;
}

export interface StorageNode {
  readonly port: number;
  /** Associations that are open now. */
  readonly open: () => number;
  /** Takes no more, ends what is open, and waits until nothing half-written is left. */
  readonly close: () => Promise<void>;
}

/** A peer that begins TLS and says nothing more is in nobody's way for long. */
const HANDSHAKE_MS = 15_000;
const VERIFICATION = '1.2.840.10008.1.1';
/** Storage SOP classes all lie under these arcs (PS3.4 table B.5-1 and its private likes are not told apart). */
const NOT_STORAGE = /^1\.2\.840\.10008\.(1\.(1|20|9|40|42)|5\.1\.4\.(1\.2|31|32|33)|3\.1\.2)(\.|$)/;

/**
 * Listens for C-STORE and C-ECHO. An instance is streamed to a `.part` file, flushed and renamed; only then its sender
 * is told that it is stored. One that comes again is written again.
 *
 * @throws LimpidError E_NETWORK where the port cannot be had
 */
export async function startStorage(settings: StorageSettings, events: StorageEvents): Promise<StorageNode> {
  let associations = 0;
  await makeFolder(settings.folder);
  const sockets = new Set<Socket>();
  const serving = new Set<Promise<unknown>>();
  const server = await serverOf(settings.tls ?? null, (socket) => {
    const address = addressOf(socket);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    socket.setTimeout(settings.silenceMs, () => socket.destroy(new Error('timeout')));
    const number = ++associations;
    const served = serve(socket, { settings, events, number, address, open: () => sockets.size })
      // What a peer does wrong ends its association and nothing else: what was acknowledged is on the disk.
      .catch(() => socket.destroy())
      .finally(() => {
        serving.delete(served);
        events.ended?.(number);
      });
    serving.add(served);
  });
  server.on('tlsClientError', (_: Error, socket: Socket) =>
    events.refused?.({ why: 'handshake', title: null, address: addressOf(socket) }),
  );
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

function addressOf({ remoteAddress }: Socket): string {
  return remoteAddress ?? 'unknown';
}

async function serverOf(files: TlsFiles | null, serve: (socket: Socket) => void): Promise<Server> {
  if (files === null) return createServer(serve);
  const { ca, cert, key } = await readTls(files);
  const requestCert = ca !== undefined;
  return tls.createServer(
    {
      ca,
      cert,
      key,
      requestCert,
      rejectUnauthorized: requestCert,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_MS,
    },
    serve,
  );
}

function listen(server: Server, { host, port }: StorageSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        fault(
          hasCode(error, 'EADDRINUSE') ? 'E_NETWORK/port-in-use' : 'E_NETWORK/port',
          {},
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

/** What serving one association needs. */
interface Serving {
  readonly settings: StorageSettings;
  readonly events: StorageEvents;
  readonly number: number;
  readonly address: string;
  readonly open: () => number;
}

async function serve(socket: Socket, serving: Serving): Promise<void> {
  const association = await Association.accept(socket, (request) => decide(request, serving));
  if (association === null) return;
  try {
    for (;;) {
      const message = await association.receive();
      if (message === null) return;
      await answer(association, message, serving);
    }
  } catch (error) {
    await association.abort();
    throw error;
  }
}

function decide(
  { called, calling, contexts }: AssociateRequest,
  { settings: { title, callers, mostAssociations }, events, address, open }: Serving,
): Decision {
  const reject = (result: number, source: number, reason: number): AssociateReject => ({
    type: 'associate-reject',
    result,
    source,
    reason,
  });
  if (open() > mostAssociations) return reject(2, 3, 2);
  const refuse = (why: Refusal['why'], reason: number) => {
    events.refused?.({ why, title: calling, address });
    return reject(1, 1, reason);
  };
  if (called !== title) return refuse('called-title', 7);
  if (callers !== null && !callers.includes(calling)) return refuse('calling-title', 3);
  const answered = contexts.map(({ id, abstractSyntax, transferSyntaxes }) => {
    const known =
      abstractSyntax === VERIFICATION ||
      (abstractSyntax === STORAGE_COMMITMENT && events.committed !== undefined) ||
      !NOT_STORAGE.test(abstractSyntax);
    // The sender's first choice: nothing is converted, so any syntax will do.
    return { id, result: known ? 0 : 3, transferSyntax: transferSyntaxes[0] };
  });
  // A peer that reports commitment stays the provider of that service although it opens the association.
  return { type: 'accept', contexts: answered, roles: ({ sopClass }) => sopClass === STORAGE_COMMITMENT };
}

async function answer(association: Association, message: Message, serving: Serving): Promise<void> {
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
  const { status, file } = await done(association, message, serving);
  if (file !== null)
    serving.events.received({
      file,
      sopClass: affectedClass ?? '',
      sopInstance: affectedInstance ?? '',
      caller: association.request.calling,
      address: serving.address,
      association: serving.number,
    });
  await association.send(context, {
    commandField: commandField | 0x8000,
    ...(affectedClass === undefined ? {} : { affectedClass }),
    ...(affectedInstance === undefined ? {} : { affectedInstance }),
    respondedTo: messageId ?? 0,
    status,
  });
}

async function done(
  association: Association,
  message: Message,
  { settings, events }: Serving,
): Promise<Stored> {
  const { commandField } = message.command;
  if (commandField === COMMAND_FIELD.storeRequest) return storeInstance(association, message, settings);
  if (commandField !== COMMAND_FIELD.eventRequest || events.committed === undefined)
    return { status: STATUS.unrecognised, file: null };
  events.committed(await readCommitmentReport(association, message));
  return { status: STATUS.success, file: null };
}
