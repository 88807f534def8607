import { once } from 'node:events';
import type { Socket } from 'node:net';
import { VERSION } from '../../base/version.js';
import { IMPLEMENTATION_CLASS_UID } from '../elements/encode.js';
import { type Command, decodeCommand, encodeCommand, hasDataSet, type NewCommand } from './command.js';
import { readPdus } from './framing.js';
import {
  type AnsweredContext,
  type AssociateAccept,
  type AssociateReject,
  type AssociateRequest,
  type DataValue,
  encodePdu,
  type Pdu,
  type ProposedContext,
  ProtocolError,
  type RoleSelection,
  VALUE_HEADER,
} from './pdu.js';

/** Longest P-DATA-TF that we take and, where the peer sets no limit, that we send. */
const MAXIMUM_LENGTH = 128 * 1024;
/** Peers that count the header of six bytes differently exceed the limit by that much. */
const SLACK = 64;
/** A command set takes some hundred bytes. */
const LONGEST_COMMAND = 64 * 1024;

const IMPLEMENTATION_VERSION = `LIMPID_${VERSION}`.slice(0, 16);

export interface Titles {
  readonly called: string;
  readonly calling: string;
}

/** A command that came, and its data set in the fragments in which it comes: read it before the next message. */
export interface Message {
  readonly context: number;
  readonly command: Command;
  readonly data: AsyncGenerator<Buffer, void, undefined> | null;
}

/** What an acceptor answers: the contexts that it takes, or why it takes none. */
export type Decision =
  | {
      readonly type: 'accept';
      readonly contexts: readonly AnsweredContext[];
      /** Roles of the requestor that are taken as it asks; for other SOP classes it is SCU. */
      readonly roles: (asked: RoleSelection) => boolean;
    }
  | AssociateReject;

/** The peer refused the association (PS3.8 section 9.3.4). */
export class AssociationRejected extends Error {
  readonly answer: AssociateReject;

  constructor(answer: AssociateReject) {
    super('The peer rejected the association.');
    this.name = 'AssociationRejected';
    this.answer = answer;
  }
}

/** The peer ended the association in the middle. */
export class AssociationAborted extends Error {
  constructor() {
    super('The peer aborted the association.');
    this.name = 'AssociationAborted';
  }
}

/**
 * An association over a connected socket (PS3.8): one message after the other in each direction. Invariants: at most
 * one reader pulls protocol data units; the socket is destroyed when the association ends, however it ends; nothing
 * waits longer than the time-out of the socket, which the opener sets.
 */
export class Association {
  readonly request: AssociateRequest;
  /** Accepted contexts by their number. */
  readonly accepted: ReadonlyMap<number, AnsweredContext>;
  readonly #socket: Socket;
  readonly #pdus: AsyncGenerator<Pdu, undefined, undefined>;
  readonly #longestSent: number;
  #fragments: DataValue[] = [];
  /** Context of the data set that is not read to its end. */
  #unread: number | null = null;

  private constructor(
    socket: Socket,
    pdus: AsyncGenerator<Pdu, undefined, undefined>,
    request: AssociateRequest,
    contexts: readonly AnsweredContext[],
    peerMaximum: number,
  ) {
    this.#socket = socket;
    this.#pdus = pdus;
    this.request = request;
    this.accepted = new Map(contexts.filter(({ result }) => result === 0).map((one) => [one.id, one]));
    this.#longestSent = peerMaximum === 0 ? MAXIMUM_LENGTH : Math.min(peerMaximum, MAXIMUM_LENGTH);
    if (this.#longestSent < VALUE_HEADER + 2) throw new ProtocolError('The peer takes no data.');
  }

  /**
   * Asks for an association on a connected socket.
   *
   * @throws AssociationRejected, AssociationAborted, ProtocolError, errors of the socket
   */
  static async open(
    socket: Socket,
    titles: Titles,
    contexts: readonly ProposedContext[],
    roles: readonly RoleSelection[] = [],
  ): Promise<Association> {
    const request: AssociateRequest = { type: 'associate-request', ...ourSide(titles, roles), contexts };
    const pdus = readPdus(socket, MAXIMUM_LENGTH + SLACK);
    try {
      await write(socket, encodePdu(request));
      const { value: answer } = await pdus.next();
      if (answer === undefined || answer.type === 'abort') throw new AssociationAborted();
      if (answer.type === 'associate-reject') throw new AssociationRejected(answer);
      if (answer.type !== 'associate-accept')
        throw new ProtocolError('The peer did not answer the request for an association.');
      return new Association(socket, pdus, request, answer.contexts, answer.maximumLength);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /**
   * Waits for a request on a connected socket and answers it.
   *
   * @param decide which contexts are taken, or why the association is refused
   * @returns null where it was refused, or the peer left before it asked
   * @throws ProtocolError, errors of the socket
   */
  static async accept(
    socket: Socket,
    decide: (request: AssociateRequest) => Decision,
  ): Promise<Association | null> {
    const pdus = readPdus(socket, MAXIMUM_LENGTH + SLACK);
    try {
      const { value: request } = await pdus.next();
      if (request === undefined || request.type === 'abort') {
        socket.destroy();
        return null;
      }
      if (request.type !== 'associate-request')
        throw new ProtocolError('The peer began without a request for an association.');
      const decision = decide(request);
      if (decision.type === 'associate-reject') {
        await write(socket, encodePdu(decision));
        socket.end();
        return null;
      }
      const roles = request.roles.map((asked) =>
        decision.roles(asked) ? asked : { sopClass: asked.sopClass, scu: true, scp: false },
      );
      const answer: AssociateAccept = {
        type: 'associate-accept',
        ...ourSide(request, roles),
        contexts: decision.contexts,
      };
      await write(socket, encodePdu(answer));
      return new Association(socket, pdus, request, decision.contexts, request.maximumLength);
    } catch (error) {
      if (error instanceof ProtocolError) await abortSocket(socket);
      socket.destroy();
      throw error;
    }
  }

  /** Sends a command and, where there is one, its data set in fragments that the peer takes. */
  async send(context: number, command: NewCommand, data?: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#sendBytes(context, true, encodeCommand(command, data !== undefined), true);
    if (data === undefined) return;
    // What is held back goes out with the last fragment, which has to say so, and keeps the others even.
    let held: Uint8Array = new Uint8Array();
    for await (const bytes of data) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const kept = all.length === 0 ? 0 : 2 - (all.length % 2);
      held = all.subarray(Math.max(0, all.length - kept));
      if (all.length > kept) await this.#sendBytes(context, false, all.subarray(0, all.length - kept), false);
    }
    await this.#sendBytes(context, false, held, true);
  }

  async #sendBytes(context: number, isCommand: boolean, bytes: Uint8Array, ends: boolean): Promise<void> {
    const room = this.#longestSent - VALUE_HEADER;
    const size = room - (room % 2);
    let start = 0;
    do {
      const end = Math.min(bytes.length, start + size);
      const isLast = ends && end === bytes.length;
      const values = [{ context, isCommand, isLast, data: bytes.subarray(start, end) }];
      await write(this.#socket, encodePdu({ type: 'data', values }));
      start = end;
    } while (start < bytes.length);
  }

  /**
   * The next message. What is left of the data set of the one before is read and dropped.
   *
   * @returns null when the peer released the association: it is over
   * @throws ProtocolError, AssociationAborted, errors of the socket
   */
  async receive(): Promise<Message | null> {
    while (this.#unread !== null) await this.#dataFragment(this.#unread);
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      const fragment = await this.#fragment();
      if (fragment === null) return null;
      if (!fragment.isCommand) throw new ProtocolError('A data set came without its command.');
      if (!this.accepted.has(fragment.context))
        throw new ProtocolError('A message came in a presentation context that was not accepted.');
      parts.push(Buffer.from(fragment.data));
      size += fragment.data.length;
      if (size > LONGEST_COMMAND) throw new ProtocolError('A command is too long.');
      if (!fragment.isLast) continue;
      const command = decodeCommand(Buffer.concat(parts));
      if (!hasDataSet(command)) return { context: fragment.context, command, data: null };
      this.#unread = fragment.context;
      return { context: fragment.context, command, data: this.#dataSet(fragment.context) };
    }
  }

  async *#dataSet(context: number): AsyncGenerator<Buffer, void, undefined> {
    while (this.#unread === context) yield await this.#dataFragment(context);
  }

  async #dataFragment(context: number): Promise<Buffer> {
    const fragment = await this.#fragment();
    if (fragment === null) throw new ProtocolError('The peer released the association within a message.');
    if (fragment.isCommand || fragment.context !== context)
      throw new ProtocolError('Another message began within a data set.');
    if (fragment.isLast) this.#unread = null;
    return Buffer.from(fragment.data.buffer, fragment.data.byteOffset, fragment.data.length);
  }

  /** Null where the peer asked to release the association: it is answered. */
  async #fragment(): Promise<DataValue | null> {
    for (;;) {
      const next = this.#fragments.shift();
      if (next !== undefined) return next;
      const { value: pdu } = await this.#pdus.next();
      if (pdu === undefined || pdu.type === 'abort') {
        this.#socket.destroy();
        throw new AssociationAborted();
      }
      if (pdu.type === 'release-request') {
        await write(this.#socket, encodePdu({ type: 'release-reply' }));
        this.#socket.end();
        return null;
      }
      if (pdu.type !== 'data')
        throw new ProtocolError('The peer sent what does not belong in an association.');
      this.#fragments = [...pdu.values];
    }
  }

  /** Ends the association in order; a peer that does not answer in order is left. */
  async release(): Promise<void> {
    try {
      await write(this.#socket, encodePdu({ type: 'release-request' }));
      await this.#pdus.next();
    } finally {
      this.#socket.destroy();
    }
  }

  /** Ends it at once. Does not throw. */
  async abort(): Promise<void> {
    await abortSocket(this.#socket);
    this.#socket.destroy();
  }
}

function ourSide(titles: Titles, roles: readonly RoleSelection[]) {
  return {
    called: titles.called,
    calling: titles.calling,
    maximumLength: MAXIMUM_LENGTH,
    implementationClass: IMPLEMENTATION_CLASS_UID,
    implementationVersion: IMPLEMENTATION_VERSION,
    roles,
  };
}

/** Waits where the peer reads slower than we write, so that memory holds one fragment. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed) throw socket.errored ?? new AssociationAborted();
  if (socket.write(bytes)) return;
  const left = new AbortController();
  try {
    // `once` rejects with the socket's error; a socket that closes without one drains no more.
    await Promise.race([
      once(socket, 'drain', { signal: left.signal }),
      once(socket, 'close', { signal: left.signal }).then(() => {
        throw new AssociationAborted();
      }),
    ]);
  } finally {
    left.abort();
  }
}

async function abortSocket(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writable) return;
  await new Promise<void>((resolve) => {
    socket.write(encodePdu({ type: 'abort', source: 0, reason: 0 }), () => resolve());
    socket.once('close', () => resolve());
  });
}
