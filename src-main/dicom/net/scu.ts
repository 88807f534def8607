import { IMPLICIT_LITTLE_ENDIAN } from '../elements/transfer-syntax.js';
import { Association, AssociationAborted } from './association.js';
import { COMMAND_FIELD } from './command.js';
import { connectTo, networkError, type Peer } from './connect.js';
import { type ProposedContext, ProtocolError } from './pdu.js';
import { dataSetOf, type Storable } from './storable.js';

const VERIFICATION = '1.2.840.10008.1.1';
/** Numbers of presentation contexts are odd and take one byte. */
const MOST_CONTEXTS = 128;
const MEDIUM = 0;

/**
 * Whether a peer answers C-ECHO.
 *
 * @throws LimpidError E_NETWORK
 */
export async function echo(peer: Peer, calling: string): Promise<void> {
  try {
    const socket = await connectTo(peer);
    const context = { id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LITTLE_ENDIAN] };
    const association = await Association.open(socket, { called: peer.title, calling }, [context]);
    try {
      if (!association.accepted.has(1)) throw new ProtocolError('The peer does not take C-ECHO.');
      await association.send(1, {
        commandField: COMMAND_FIELD.echoRequest,
        affectedClass: VERIFICATION,
        messageId: 1,
      });
      await answerTo(association, 1, COMMAND_FIELD.echoResponse);
      await association.release();
    } catch (error) {
      await association.abort();
      throw error;
    }
  } catch (error) {
    throw networkError(error);
  }
}

/** What became of one instance. */
export type StoreOutcome =
  /** The peer has it: it answered 0, or with a warning (Bxxx), which is told. */
  | { readonly kind: 'stored'; readonly status: number }
  /** The peer takes no such SOP class, or not in this transfer syntax. */
  | { readonly kind: 'not-accepted' }
  /** The peer answered that it could not. */
  | { readonly kind: 'failed'; readonly status: number };

/** Statuses that say that the instance is stored (PS3.4 table B.2-1). */
function isStored(status: number): boolean {
  return status === 0 || (status & 0xf000) === 0xb000;
}

/**
 * Stores instances over one association after the other, each instance as the file has it. Calls `done` for each as
 * soon as the peer has answered, so that whoever starts again after an error knows what is left.
 *
 * @throws LimpidError E_NETWORK, where the connection or the association fails; E_IO for a file that cannot be read
 */
export async function store(
  peer: Peer,
  calling: string,
  instances: readonly Storable[],
  done: (instance: Storable, outcome: StoreOutcome) => void,
): Promise<void> {
  for (const batch of batches(instances)) {
    try {
      await storeBatch(peer, calling, batch, done);
    } catch (error) {
      throw networkError(error);
    }
  }
}

interface Batch {
  readonly contexts: readonly ProposedContext[];
  readonly instances: readonly { readonly instance: Storable; readonly context: number }[];
}

/** One context a SOP class and transfer syntax, as many instances as the contexts of an association serve. */
function* batches(instances: readonly Storable[]): Generator<Batch> {
  let contexts = new Map<string, ProposedContext>();
  let taken: { instance: Storable; context: number }[] = [];
  for (const instance of instances) {
    const { sopClass, transferSyntax } = instance;
    const key = `${sopClass} ${transferSyntax}`;
    if (!contexts.has(key) && contexts.size === MOST_CONTEXTS) {
      yield { contexts: [...contexts.values()], instances: taken };
      contexts = new Map();
      taken = [];
    }
    const context = contexts.get(key) ?? {
      id: 2 * contexts.size + 1,
      abstractSyntax: sopClass,
      transferSyntaxes: [transferSyntax],
    };
    contexts.set(key, context);
    taken.push({ instance, context: context.id });
  }
  if (taken.length > 0) yield { contexts: [...contexts.values()], instances: taken };
}

async function storeBatch(
  peer: Peer,
  calling: string,
  { contexts, instances }: Batch,
  done: (instance: Storable, outcome: StoreOutcome) => void,
): Promise<void> {
  const socket = await connectTo(peer);
  const association = await Association.open(socket, { called: peer.title, calling }, contexts);
  try {
    let messageId = 0;
    for (const { instance, context } of instances) {
      if (!association.accepted.has(context)) {
        done(instance, { kind: 'not-accepted' });
        continue;
      }
      messageId = (messageId % 0xffff) + 1;
      await association.send(
        context,
        {
          commandField: COMMAND_FIELD.storeRequest,
          affectedClass: instance.sopClass,
          affectedInstance: instance.sopInstance,
          messageId,
          priority: MEDIUM,
        },
        dataSetOf(instance),
      );
      const status = await answerTo(association, messageId, COMMAND_FIELD.storeResponse);
      done(instance, { kind: isStored(status) ? 'stored' : 'failed', status });
    }
  } catch (error) {
    await association.abort();
    throw error;
  }
  await association.release();
}

/** The status of the answer to a message. */
async function answerTo(association: Association, messageId: number, field: number): Promise<number> {
  const message = await association.receive();
  if (message === null) throw new AssociationAborted();
  const { commandField, respondedTo, status } = message.command;
  if (commandField !== field || respondedTo !== messageId || status === undefined)
    throw new ProtocolError('The peer answered something else.');
  return status;
}
