/**
 * Protocol data units of the DICOM upper layer (PS3.8 section 9.3) as plain data and as bytes. Everything is big
 * endian. Decoding trusts nothing: a length that leads outside, or a value that the standard does not know, throws.
 */

/** What the peer sent breaks the protocol: the association is aborted. The message names no content of the peer. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

/** One abstract syntax (SOP class) with the transfer syntaxes that are offered for it. */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** What the acceptor says of a context: 0 accepted, 1 user rejection, 3 abstract syntax, 4 transfer syntaxes unknown. */
export interface AnsweredContext {
  readonly id: number;
  readonly result: number;
  /** Not significant where the context is refused. */
  readonly transferSyntax: string;
}

/** Which roles the requestor takes for a SOP class (PS3.7 section D.3.3.4). */
export interface RoleSelection {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

interface Parties {
  /** 1 to 16 characters without backslash. */
  readonly called: string;
  readonly calling: string;
  /** Longest P-DATA-TF that this side takes, without its 6 bytes of header; 0 for no limit. */
  readonly maximumLength: number;
  readonly implementationClass: string;
  readonly implementationVersion: string;
  readonly roles: readonly RoleSelection[];
}

export interface AssociateRequest extends Parties {
  readonly type: 'associate-request';
  readonly contexts: readonly ProposedContext[];
}

export interface AssociateAccept extends Parties {
  readonly type: 'associate-accept';
  readonly contexts: readonly AnsweredContext[];
}

export interface AssociateReject {
  readonly type: 'associate-reject';
  /** 1 permanent, 2 transient. */
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

/** A fragment of a command or of a data set. */
export interface DataValue {
  readonly context: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  readonly data: Uint8Array;
}

interface DataTransfer {
  readonly type: 'data';
  readonly values: readonly DataValue[];
}

interface Abort {
  readonly type: 'abort';
  /** 0 service user, 2 service provider. */
  readonly source: number;
  readonly reason: number;
}

export type Pdu =
  | AssociateRequest
  | AssociateAccept
  | AssociateReject
  | DataTransfer
  | { readonly type: 'release-request' }
  | { readonly type: 'release-reply' }
  | Abort;

export const PDU_HEADER = 6;
/** Length, context and control header of a fragment. */
export const VALUE_HEADER = 6;

const TYPE = {
  request: 1,
  accept: 2,
  reject: 3,
  data: 4,
  releaseRequest: 5,
  releaseReply: 6,
  abort: 7,
} as const;
const ITEM = {
  application: 0x10,
  proposed: 0x20,
  answered: 0x21,
  abstract: 0x30,
  transfer: 0x40,
  user: 0x50,
  maximumLength: 0x51,
  implementationClass: 0x52,
  role: 0x54,
  implementationVersion: 0x55,
} as const;
const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';
const PROTOCOL_VERSION = 1;
/** Protocol version, two reserved bytes, two titles of 16, 32 reserved bytes. */
const ASSOCIATE_FIXED = 68;

export function encodePdu(pdu: Pdu): Buffer {
  switch (pdu.type) {
    case 'associate-request':
      return framed(TYPE.request, associate(pdu, pdu.contexts.map(proposedItem)));
    case 'associate-accept':
      return framed(TYPE.accept, associate(pdu, pdu.contexts.map(answeredItem)));
    case 'associate-reject':
      return framed(TYPE.reject, Buffer.from([0, pdu.result, pdu.source, pdu.reason]));
    case 'data':
      return framed(TYPE.data, Buffer.concat(pdu.values.map(valueItem)));
    case 'release-request':
      return framed(TYPE.releaseRequest, Buffer.alloc(4));
    case 'release-reply':
      return framed(TYPE.releaseReply, Buffer.alloc(4));
    case 'abort':
      return framed(TYPE.abort, Buffer.from([0, 0, pdu.source, pdu.reason]));
  }
}

/**
 * @param body without the header of 6 bytes; the result refers to it
 * @throws ProtocolError
 */
export function decodePdu(type: number, body: Buffer): Pdu {
  switch (type) {
    case TYPE.request:
      return decodeRequest(body);
    case TYPE.accept:
      return decodeAccept(body);
    case TYPE.reject:
      return {
        type: 'associate-reject',
        result: byte(body, 1),
        source: byte(body, 2),
        reason: byte(body, 3),
      };
    case TYPE.data:
      return { type: 'data', values: [...dataValues(body)] };
    case TYPE.releaseRequest:
      return { type: 'release-request' };
    case TYPE.releaseReply:
      return { type: 'release-reply' };
    case TYPE.abort:
      return { type: 'abort', source: byte(body, 2), reason: byte(body, 3) };
    default:
      throw new ProtocolError('A protocol data unit is of an unknown type.');
  }
}

function framed(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(PDU_HEADER);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function item(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value]);
}

function text(type: number, value: string): Buffer {
  return item(type, Buffer.from(value, 'latin1'));
}

function associate(parties: Parties, contexts: readonly Buffer[]): Buffer {
  const fixed = Buffer.alloc(ASSOCIATE_FIXED);
  fixed.writeUInt16BE(PROTOCOL_VERSION, 0);
  fixed.write(parties.called.padEnd(16), 4, 16, 'latin1');
  fixed.write(parties.calling.padEnd(16), 20, 16, 'latin1');
  const maximum = Buffer.alloc(4);
  maximum.writeUInt32BE(parties.maximumLength);
  const user = Buffer.concat([
    item(ITEM.maximumLength, maximum),
    text(ITEM.implementationClass, parties.implementationClass),
    ...parties.roles.map(roleItem),
    text(ITEM.implementationVersion, parties.implementationVersion),
  ]);
  return Buffer.concat([
    fixed,
    text(ITEM.application, APPLICATION_CONTEXT),
    ...contexts,
    item(ITEM.user, user),
  ]);
}

function proposedItem({ id, abstractSyntax, transferSyntaxes }: ProposedContext): Buffer {
  const syntaxes = transferSyntaxes.map((syntax) => text(ITEM.transfer, syntax));
  return item(
    ITEM.proposed,
    Buffer.concat([Buffer.from([id, 0, 0, 0]), text(ITEM.abstract, abstractSyntax), ...syntaxes]),
  );
}

function answeredItem({ id, result, transferSyntax }: AnsweredContext): Buffer {
  return item(
    ITEM.answered,
    Buffer.concat([Buffer.from([id, 0, result, 0]), text(ITEM.transfer, transferSyntax)]),
  );
}

function roleItem({ sopClass, scu, scp }: RoleSelection): Buffer {
  const uid = Buffer.from(sopClass, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(uid.length);
  return item(ITEM.role, Buffer.concat([length, uid, Buffer.from([scu ? 1 : 0, scp ? 1 : 0])]));
}

function valueItem({ context, isCommand, isLast, data }: DataValue): Buffer {
  const header = Buffer.alloc(VALUE_HEADER);
  header.writeUInt32BE(data.length + 2, 0);
  header[4] = context;
  header[5] = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return Buffer.concat([header, data]);
}

interface Item {
  readonly type: number;
  readonly value: Buffer;
}

function* items(body: Buffer, start: number): Generator<Item> {
  let offset = start;
  while (offset < body.length) {
    if (offset + 4 > body.length) throw new ProtocolError('An item ends in its header.');
    const end = offset + 4 + body.readUInt16BE(offset + 2);
    if (end > body.length) throw new ProtocolError('An item is longer than its protocol data unit.');
    yield { type: body[offset], value: body.subarray(offset + 4, end) };
    offset = end;
  }
}

function* dataValues(body: Buffer): Generator<DataValue> {
  let offset = 0;
  while (offset < body.length) {
    if (offset + VALUE_HEADER > body.length) throw new ProtocolError('A fragment ends in its header.');
    const length = body.readUInt32BE(offset);
    const end = offset + 4 + length;
    if (length < 2 || end > body.length)
      throw new ProtocolError('A fragment is longer than its protocol data unit.');
    const control = body[offset + 5];
    yield {
      context: body[offset + 4],
      isCommand: (control & 1) !== 0,
      isLast: (control & 2) !== 0,
      data: body.subarray(offset + VALUE_HEADER, end),
    };
    offset = end;
  }
}

function decodeRequest(body: Buffer): AssociateRequest {
  const contexts: ProposedContext[] = [];
  const parties = decodeParties(body, ({ type, value }) => {
    if (type === ITEM.proposed) contexts.push(decodeProposed(value));
  });
  if (new Set(contexts.map(({ id }) => id)).size < contexts.length)
    throw new ProtocolError('Two presentation contexts have the same number.');
  return { type: 'associate-request', ...parties, contexts };
}

function decodeAccept(body: Buffer): AssociateAccept {
  const contexts: AnsweredContext[] = [];
  const parties = decodeParties(body, ({ type, value }) => {
    if (type === ITEM.answered) contexts.push(decodeAnswered(value));
  });
  return { type: 'associate-accept', ...parties, contexts };
}

function decodeParties(body: Buffer, other: (item: Item) => void): Parties {
  if (body.length < ASSOCIATE_FIXED)
    throw new ProtocolError('An association request or answer is too short.');
  if ((body.readUInt16BE(0) & PROTOCOL_VERSION) === 0)
    throw new ProtocolError('The peer speaks another version of the protocol.');
  const user = { maximumLength: 0, implementationClass: '', implementationVersion: '' };
  const roles: RoleSelection[] = [];
  for (const top of items(body, ASSOCIATE_FIXED)) {
    if (top.type !== ITEM.user) {
      other(top);
      continue;
    }
    for (const { type, value } of items(top.value, 0)) {
      if (type === ITEM.maximumLength && value.length === 4) user.maximumLength = value.readUInt32BE(0);
      if (type === ITEM.implementationClass) user.implementationClass = uid(value);
      if (type === ITEM.implementationVersion) user.implementationVersion = plain(value);
      if (type === ITEM.role) roles.push(decodeRole(value));
    }
  }
  return { called: title(body, 4), calling: title(body, 20), ...user, roles };
}

function decodeProposed(value: Buffer): ProposedContext {
  const id = byte(value, 0);
  if (id % 2 === 0) throw new ProtocolError('The number of a presentation context is even.');
  let abstractSyntax = '';
  const transferSyntaxes: string[] = [];
  for (const sub of items(value, 4)) {
    if (sub.type === ITEM.abstract) abstractSyntax = uid(sub.value);
    if (sub.type === ITEM.transfer) transferSyntaxes.push(uid(sub.value));
  }
  if (abstractSyntax === '' || transferSyntaxes.length === 0)
    throw new ProtocolError('A presentation context lacks a syntax.');
  return { id, abstractSyntax, transferSyntaxes };
}

function decodeAnswered(value: Buffer): AnsweredContext {
  const [id, result] = [byte(value, 0), byte(value, 2)];
  let transferSyntax = '';
  // A refused context may carry anything, or nothing, here.
  if (result === 0)
    for (const sub of items(value, 4)) if (sub.type === ITEM.transfer) transferSyntax = uid(sub.value);
  return { id, result, transferSyntax };
}

function decodeRole(value: Buffer): RoleSelection {
  const length = value.length < 2 ? 0 : value.readUInt16BE(0);
  if (value.length < length + 4) throw new ProtocolError('A role selection is too short.');
  return {
    sopClass: uid(value.subarray(2, 2 + length)),
    scu: value[2 + length] === 1,
    scp: value[3 + length] === 1,
  };
}

function byte(body: Buffer, offset: number): number {
  if (offset >= body.length) throw new ProtocolError('A protocol data unit is too short.');
  return body[offset];
}

function title(body: Buffer, offset: number): string {
  return plain(body.subarray(offset, offset + 16)).trim();
}

function plain(value: Buffer): string {
  return value.toString('latin1').replace(/[^\x20-\x7e]/g, '');
}

/** Some peers pad UIDs with a null or a space. */
function uid(value: Buffer): string {
  const read = value.toString('latin1').replace(/[\0 ]+$/, '');
  if (!/^[0-9.]{1,64}$/.test(read)) throw new ProtocolError('A UID of the association is not valid.');
  return read;
}
