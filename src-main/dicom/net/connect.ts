import * as fs from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { fault, LimpidError } from '../../contract/errors.js';
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

const REMEDY = 'Check host, port and title of the target, and that it is running and knows this machine.';

/** What happened on the network as an error with a code; passes a LimpidError through. */
export function networkError(error: unknown): LimpidError {
  if (error instanceof LimpidError) return error;
  if (error instanceof AssociationRejected) return rejected(error);
  if (error instanceof AssociationAborted)
    return new LimpidError(
      'E_NETWORK',
      'The other side ended the association in the middle.',
      REMEDY,
      undefined,
      error,
    );
  if (error instanceof ProtocolError)
    return new LimpidError(
      'E_NETWORK',
      `The other side does not keep to the DICOM protocol: ${error.message}`,
      'Check that host and port are those of a DICOM application.',
      undefined,
      error,
    );
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = WHY[code] ?? (/timeout/.test(String(error)) ? 'The other side did not answer in time.' : null);
  if (why === null && !/^E[A-Z_]+$|^ERR_(TLS|SSL)/.test(code)) throw error;
  return new LimpidError('E_NETWORK', why ?? `The network refused (${code}).`, REMEDY, undefined, error);
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there.',
  ENOTFOUND: 'The host is not known.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  ETIMEDOUT: 'The other side did not answer in time.',
  ECONNRESET: 'The other side broke the connection.',
  EPIPE: 'The other side broke the connection.',
  DEPTH_ZERO_SELF_SIGNED_CERT: "The other side's certificate is signed by itself, and not trusted here.",
  SELF_SIGNED_CERT_IN_CHAIN: "The authority of the other side's certificate is not trusted here.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The authority of the other side's certificate is not trusted here.",
  CERT_HAS_EXPIRED: "The other side's certificate has expired.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The other side's certificate is for another host.",
};

const REJECTIONS: Readonly<Record<string, string>> = {
  '1-7': 'it does not know the title that it was called by',
  '1-3': 'it does not know our title',
  '3-2': 'it has as many associations as it takes',
};

function rejected({ answer }: AssociationRejected): LimpidError {
  const why = REJECTIONS[`${answer.source}-${answer.reason}`] ?? `reason ${answer.source}-${answer.reason}`;
  return new LimpidError(
    'E_NETWORK',
    `The other side refused the association: ${why}.`,
    'Have its administrator enter the title, host and port of this machine, and check its own title.',
  );
}
