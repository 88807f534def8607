import type { Attributes } from '../elements/attributes.js';
import { sequenceElement, uidElement } from '../elements/encode.js';
import { isUid } from '../elements/uid.js';
import { Association, type Message } from './association.js';
import { COMMAND_FIELD } from './command.js';
import { connectTo, networkError, type Peer } from './connect.js';
import { asData, DATA_SET_SYNTAXES, encodeDataSet, readDataSet } from './data-set.js';
import { ProtocolError } from './pdu.js';
import { STATUS } from './receive.js';

/** Storage Commitment Push Model (PS3.4 annex J), and its one instance. */
export const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1';
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
const REQUEST_COMMITMENT = 1;
const TRANSACTION = 0x00081195;
const REFERENCES = 0x00081199;

export interface Reference {
  readonly sopClass: string;
  readonly sopInstance: string;
}

/** What a peer has bound itself to keep, and what not. */
export interface CommitmentReport {
  readonly transaction: string;
  /** SOP Instance UIDs. */
  readonly committed: readonly string[];
  readonly failed: readonly string[];
}

/**
 * Asks a peer to bind itself to keep instances that it was sent (N-ACTION). Its answer comes later, by N-EVENT-REPORT:
 * over the same association where the peer is quick, else over one that it opens to our storage node.
 *
 * @param waitMs how long the association is held for an answer
 * @returns the answer, or null where it is still to come
 * @throws LimpidError E_NETWORK
 */
export async function requestCommitment(
  peer: Peer,
  calling: string,
  request: { readonly transaction: string; readonly references: readonly Reference[] },
  waitMs: number,
): Promise<CommitmentReport | null> {
  try {
    const socket = await connectTo(peer);
    const context = { id: 1, abstractSyntax: STORAGE_COMMITMENT, transferSyntaxes: DATA_SET_SYNTAXES };
    const association = await Association.open(socket, { called: peer.title, calling }, [context]);
    try {
      const syntax = association.accepted.get(1)?.transferSyntax;
      if (syntax === undefined) throw new ProtocolError('The peer does not take storage commitment.');
      await ask(association, syntax, request);
      const report = await answerWithin(association, socket, waitMs);
      if (report === null) await association.abort();
      else await association.release();
      return report;
    } catch (error) {
      await association.abort();
      throw error;
    }
  } catch (error) {
    throw networkError(error);
  }
}

async function ask(
  association: Association,
  syntax: string,
  { transaction, references }: { readonly transaction: string; readonly references: readonly Reference[] },
): Promise<void> {
  const items = references.map(({ sopClass, sopInstance }) => [
    uidElement(0x00081150, sopClass),
    uidElement(0x00081155, sopInstance),
  ]);
  const data = encodeDataSet(
    [uidElement(TRANSACTION, transaction), sequenceElement(REFERENCES, ...items)],
    syntax,
  );
  await association.send(
    1,
    {
      commandField: COMMAND_FIELD.actionRequest,
      requestedClass: STORAGE_COMMITMENT,
      requestedInstance: COMMITMENT_INSTANCE,
      actionType: REQUEST_COMMITMENT,
      messageId: 1,
    },
    asData(data),
  );
  const answer = await association.receive();
  if (answer === null || answer.command.commandField !== COMMAND_FIELD.actionResponse)
    throw new ProtocolError('The peer did not answer the request for commitment.');
  if (answer.command.status !== STATUS.success)
    throw new ProtocolError(`The peer refused the commitment (${answer.command.status ?? 'no status'}).`);
}

/** Null where nothing came in time: the time-out of the socket says so. */
async function answerWithin(
  association: Association,
  socket: Awaited<ReturnType<typeof connectTo>>,
  waitMs: number,
): Promise<CommitmentReport | null> {
  if (waitMs <= 0) return null;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy();
  }, waitMs);
  try {
    const message = await association.receive();
    if (message === null) return null;
    const report = await readCommitmentReport(association, message);
    await association.send(message.context, {
      commandField: COMMAND_FIELD.eventResponse,
      affectedClass: STORAGE_COMMITMENT,
      affectedInstance: COMMITMENT_INSTANCE,
      respondedTo: message.command.messageId ?? 0,
      status: STATUS.success,
    });
    return report;
  } catch (error) {
    if (late) return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @throws ProtocolError where the message is no such report */
export async function readCommitmentReport(
  association: Association,
  message: Message,
): Promise<CommitmentReport> {
  if (message.command.commandField !== COMMAND_FIELD.eventRequest)
    throw new ProtocolError('The peer sent something else than a report of commitment.');
  const syntax = association.accepted.get(message.context)?.transferSyntax ?? '';
  const report = await readDataSet(message, syntax);
  return {
    transaction: report.text('x00081195') ?? '',
    committed: instances(report, 'x00081199'),
    failed: instances(report, 'x00081198'),
  };
}

function instances(report: Attributes, sequence: string): string[] {
  return report.items(sequence).flatMap((item) => {
    const uid = item.text('x00081155') ?? '';
    return isUid(uid) ? [uid] : [];
  });
}
