import type { Attributes } from '../elements/attributes.js';
import { type NewElement, textElement } from '../elements/encode.js';
import { Association, AssociationAborted, type Message } from './association.js';
import { COMMAND_FIELD } from './command.js';
import { connectTo, networkError, type Peer } from './connect.js';
import { asData, DATA_SET_SYNTAXES, encodeDataSet, readDataSet } from './data-set.js';
import { type ProposedContext, ProtocolError, type RoleSelection } from './pdu.js';
import { type Receiving, STATUS, storeInstance } from './receive.js';

/** Study Root Query/Retrieve (PS3.4 annex C). */
const FIND = '1.2.840.10008.5.1.4.1.2.2.1';
const MOVE = '1.2.840.10008.5.1.4.1.2.2.2';
const GET = '1.2.840.10008.5.1.4.1.2.2.3';
const MEDIUM = 0;
/** Statuses from Fxxx on that are pending (PS3.4 table C.4-1). */
const PENDING: readonly number[] = [STATUS.pending, STATUS.pendingWithoutKeys];
/** Sub-operations that left some out (PS3.4 table C.4-2). */
const SOME_FAILED = 0xb000;

/** A key of a query: matched where it has a value, asked for where it is empty. */
export interface Key {
  readonly tag: number;
  readonly vr: 'CS' | 'DA' | 'LO' | 'PN' | 'SH' | 'TM' | 'UI' | 'IS';
  readonly value: string;
}

export interface Query {
  readonly level: 'STUDY' | 'SERIES' | 'IMAGE';
  readonly keys: readonly Key[];
}

/**
 * What matches, one answer after the other (C-FIND).
 *
 * @throws LimpidError E_NETWORK; of answers that cannot be read those of reading
 */
export async function* find(peer: Peer, calling: string, query: Query): AsyncGenerator<Attributes> {
  const association = await openFor(peer, calling, [contextOf(FIND)], []);
  let isOver = false;
  try {
    const syntax = syntaxOf(association, 'queries');
    await association.send(1, request(COMMAND_FIELD.findRequest, FIND), asData(identifier(query, syntax)));
    for (;;) {
      const message = await next(association, COMMAND_FIELD.findResponse);
      if (!isPending(message)) {
        requireSuccess(message, 'the query');
        break;
      }
      yield await readDataSet(message, syntax);
    }
    await association.release();
    isOver = true;
  } catch (error) {
    throw networkError(error);
  } finally {
    // Whoever stops listening early ends the query.
    if (!isOver) await association.abort();
  }
}

/** How a retrieval stands, or went. */
export interface Retrieved {
  readonly completed: number;
  readonly failed: number;
  readonly warnings: number;
  /** null where the peer does not say. */
  readonly remaining: number | null;
}

/**
 * Has a peer send what matches to another node (C-MOVE).
 *
 * @param destination title that the peer knows; it sends to the host and port that it has for it
 * @throws LimpidError E_NETWORK
 */
export async function move(
  peer: Peer,
  calling: string,
  query: Query,
  destination: string,
  progress: (state: Retrieved) => void,
): Promise<Retrieved> {
  try {
    const association = await openFor(peer, calling, [contextOf(MOVE)], []);
    try {
      const syntax = syntaxOf(association, 'C-MOVE');
      const command = { ...request(COMMAND_FIELD.moveRequest, MOVE), moveDestination: destination };
      await association.send(1, command, asData(identifier(query, syntax)));
      for (;;) {
        const message = await next(association, COMMAND_FIELD.moveResponse);
        const state = stateOf(message);
        progress(state);
        if (isPending(message)) continue;
        requireSuccess(message, 'the retrieval');
        await association.release();
        return state;
      }
    } catch (error) {
      await association.abort();
      throw error;
    }
  } catch (error) {
    throw networkError(error);
  }
}

/** What C-GET may bring: a SOP class in the transfer syntaxes that are taken for it. */
export interface Wanted {
  readonly sopClass: string;
  readonly transferSyntaxes: readonly string[];
}

/**
 * Takes what matches over the same association (C-GET): no port needs to be open here.
 *
 * @param wanted SOP classes of what is asked for, at most 127; others do not arrive
 * @param received path of each instance that is on disk, whole and flushed
 * @throws LimpidError E_NETWORK
 */
export async function get(
  peer: Peer,
  calling: string,
  query: Query,
  into: Receiving & { readonly wanted: readonly Wanted[] },
  received: (file: string, state: Retrieved) => void,
): Promise<Retrieved> {
  const contexts = [
    contextOf(GET),
    ...into.wanted.slice(0, 127).map(({ sopClass, transferSyntaxes }, i) => ({
      id: 2 * i + 3,
      abstractSyntax: sopClass,
      transferSyntaxes,
    })),
  ];
  const roles = contexts.slice(1).map(({ abstractSyntax }) => ({
    sopClass: abstractSyntax,
    scu: false,
    scp: true,
  }));
  try {
    const association = await openFor(peer, calling, contexts, roles);
    try {
      const syntax = syntaxOf(association, 'C-GET');
      await association.send(1, request(COMMAND_FIELD.getRequest, GET), asData(identifier(query, syntax)));
      let state: Retrieved = { completed: 0, failed: 0, warnings: 0, remaining: null };
      for (;;) {
        const message = await association.receive();
        if (message === null) throw new AssociationAborted();
        if (message.command.commandField === COMMAND_FIELD.storeRequest) {
          const file = await take(association, message, into);
          if (file !== null) received(file, state);
          continue;
        }
        requireField(message, COMMAND_FIELD.getResponse);
        state = stateOf(message);
        if (isPending(message)) continue;
        requireSuccess(message, 'the retrieval');
        await association.release();
        return state;
      }
    } catch (error) {
      await association.abort();
      throw error;
    }
  } catch (error) {
    throw networkError(error);
  }
}

async function take(association: Association, message: Message, into: Receiving): Promise<string | null> {
  const { messageId, affectedClass, affectedInstance } = message.command;
  const { status, file } = await storeInstance(association, message, into);
  await association.send(message.context, {
    commandField: COMMAND_FIELD.storeResponse,
    ...(affectedClass === undefined ? {} : { affectedClass }),
    ...(affectedInstance === undefined ? {} : { affectedInstance }),
    respondedTo: messageId ?? 0,
    status,
  });
  return file;
}

function contextOf(abstractSyntax: string): ProposedContext {
  return { id: 1, abstractSyntax, transferSyntaxes: DATA_SET_SYNTAXES };
}

async function openFor(
  peer: Peer,
  calling: string,
  contexts: readonly ProposedContext[],
  roles: readonly RoleSelection[],
): Promise<Association> {
  try {
    return await Association.open(await connectTo(peer), { called: peer.title, calling }, contexts, roles);
  } catch (error) {
    throw networkError(error);
  }
}

function syntaxOf(association: Association, what: string): string {
  const syntax = association.accepted.get(1)?.transferSyntax;
  if (syntax === undefined) throw new ProtocolError(`The peer does not take ${what}.`);
  return syntax;
}

function request(commandField: number, affectedClass: string) {
  return { commandField, affectedClass, messageId: 1, priority: MEDIUM };
}

function identifier({ level, keys }: Query, syntax: string): Buffer {
  const elements: NewElement[] = [
    textElement(0x00080052, 'CS', level),
    // Keys may hold wildcards, ranges and names: their text goes as it is, in the default repertoire or UTF-8.
    ...keys.map(({ tag, vr, value }) => ({ tag, vr, value: Buffer.from(value, 'utf8') })),
  ];
  if (keys.some(({ value }) => /[^\x20-\x7e]/.test(value)))
    elements.push(textElement(0x00080005, 'CS', 'ISO_IR 192'));
  return encodeDataSet(elements, syntax);
}

async function next(association: Association, field: number): Promise<Message> {
  const message = await association.receive();
  if (message === null) throw new AssociationAborted();
  requireField(message, field);
  return message;
}

function requireField({ command }: Message, field: number): void {
  if (command.commandField !== field || command.status === undefined)
    throw new ProtocolError('The peer answered something else.');
}

function isPending({ command }: Message): boolean {
  return PENDING.includes(command.status ?? 0);
}

function requireSuccess({ command }: Message, what: string): void {
  const status = command.status ?? 0;
  if (status === STATUS.success || status === SOME_FAILED) return;
  const comment = `0x${status.toString(16).padStart(4, '0')}`;
  throw new ProtocolError(`The peer refused ${what} (${comment}).`);
}

function stateOf({ command }: Message): Retrieved {
  return {
    completed: command.completed ?? 0,
    failed: command.failed ?? 0,
    warnings: command.warnings ?? 0,
    remaining: command.remaining ?? null,
  };
}
