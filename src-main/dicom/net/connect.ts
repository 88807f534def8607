import * as fs from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { fault, LimpidError } from '../../contract/errors.js';
import { TERMS, type TermName } from '../../contract/words/terms.js';
import { AssociationAborted, AssociationRejected } from './association.js';
import { ProtocolError } from './pdu.js';

/** A DICOM application entity on the network. */
export interface Peer {
  /** Application entity title, 1 to 16 characters. */
  readonly title: string;
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | null;
}

/** PEM files. Both sides show certificates where `certificate` and `key` are given (BCP 195, PS3.15 section B.12). */
export interface TlsFiles {
  /** Of the authority that signed the peer's certificate; null for those that the system trusts. */
  readonly authority: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
}

const CONNECT_MS = 15_000;
/** Silence after which a peer is taken for dead. Storing a large instance may keep one busy. */
const SILENCE_MS = 60_000;

/**
 * @throws LimpidError E_NETWORK; E_NOT_FOUND, E_IO for the files of TLS
 */
export async function connectTo(peer: Peer): Promise<Socket> {
  const socket = peer.tls === null ? connect(peer.port, peer.host) : await secure(peer, peer.tls);
  socket.setNoDelay(true);
  socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('timeout')));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(peer.tls === null ? 'connect' : 'secureConnect', () => resolve());
      socket.once('error', reject);
    });
  } catch (error) {
    socket.destroy();
    throw networkError(error);
  }
  socket.setTimeout(SILENCE_MS);
  // Whoever waits for data or for room gets the error; one that nobody waits for must not end the process.
  socket.on('error', () => undefined);
  return socket;
}

async function secure(peer: Peer, files: TlsFiles): Promise<tls.TLSSocket> {
  const { ca, cert, key } = await readTls(files);
  return tls.connect({
    host: peer.host,
    port: peer.port,
    ...(/^[0-9.:]+$/.test(peer.host) ? {} : { servername: peer.host }),
    ca,
    cert,
    key,
    minVersion: 'TLSv1.2',
  });
}

/** Contents of the files of TLS. @throws LimpidError E_NOT_FOUND */
export async function readTls(
  files: TlsFiles,
): Promise<{ ca: Buffer | undefined; cert: Buffer | undefined; key: Buffer | undefined }> {
  const read = async (file: string | null): Promise<Buffer | undefined> => {
    if (file === null) return undefined;
    try {
      return await fs.readFile(file);
    } catch (error) {
      throw fault('E_NOT_FOUND/tls', {}, file, error);
    }
  };
  const [ca, cert, key] = await Promise.all([files.authority, files.certificate, files.key].map(read));
  return { ca, cert, key };
}

/** What happened on the network as an error with a code; passes a LimpidError through. */
export function networkError(error: unknown): LimpidError {
  if (error instanceof LimpidError) return error;
  if (error instanceof AssociationRejected) return rejected(error);
  if (error instanceof AssociationAborted) return fault('E_NETWORK/association', {}, undefined, error);
  if (error instanceof ProtocolError)
    return fault('E_NETWORK/protocol', { said: error.message }, undefined, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = isKnown(code) ? code : /timeout/.test(String(error)) ? 'ETIMEDOUT' : null;
  if (why !== null) return fault('E_NETWORK/connection', { why }, undefined, error);
  if (!/^E[A-Z_]+$|^ERR_(TLS|SSL)/.test(code)) throw error;
  return fault('E_NETWORK/refused', { code }, undefined, error);
}

function isKnown(code: string): code is TermName<'connection'> {
  return Object.hasOwn(TERMS.connection, code);
}

const REJECTIONS: Readonly<Record<string, TermName<'rejection'>>> = {
  '1-7': 'called-title',
  '1-3': 'calling-title',
  '3-2': 'busy',
};

function rejected({ answer }: AssociationRejected): LimpidError {
  const code = `${answer.source}-${answer.reason}`;
  const why = REJECTIONS[code];
  return why === undefined
    ? fault('E_NETWORK/rejected-otherwise', { code })
    : fault('E_NETWORK/rejected', { why });
}
