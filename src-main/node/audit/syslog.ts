import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { fault } from '../../contract/errors.js';
import { connectTo, networkError, type TlsFiles } from '../../dicom/net/connect.js';

/** Where an audit goes. */
export interface SyslogSettings {
  /** By TLS (RFC 5425), TCP (RFC 6587, octets counted) or UDP (RFC 5426). */
  readonly protocol: 'tls' | 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  readonly tls: TlsFiles | null;
}

/** Ports that servers have unless told otherwise. */
export const SYSLOG_PORTS = { tls: 6514, tcp: 601, udp: 514 } as const;

/** Facility 10 (security and authorisation) with severity 5 (notice), and 4 (warning). */
const PRIORITY = { notice: 10 * 8 + 5, warning: 10 * 8 + 4 } as const;
/** By which receivers know what the text is. */
const MESSAGE_ID = 'DICOM+RFC3881';
/** Says that the text is UTF-8 (RFC 5424 section 6.4). */
const MARK = '\ufeff';
const CLOSE_MS = 2000;
const SEND_MS = 15_000;

/** A message of RFC 5424. @param at ISO 8601 */
export function syslogMessage(severity: keyof typeof PRIORITY, at: string, text: string): Buffer {
  const head = [`<${PRIORITY[severity]}>1`, at, hostOf(), 'limpid', process.pid, MESSAGE_ID, '-'];
  return Buffer.from(`${head.join(' ')} ${MARK}${text}`);
}

function hostOf(): string {
  return (
    hostname()
      .replace(/[^\x21-\x7e]/g, '')
      .slice(0, 255) || '-'
  );
}

/** An open way to a server. */
export interface SyslogLine {
  /** Resolves when it has left this program. @throws LimpidError E_NETWORK */
  readonly send: (message: Buffer) => Promise<void>;
  /** Why the other side, or the network, ended it, where it did: what left last may not have arrived. */
  readonly broken: () => Error | null;
  /** Ends it. @returns whether in order, so that what was sent has arrived */
  readonly close: () => Promise<boolean>;
}

/** @throws LimpidError E_NETWORK, E_NOT_FOUND for the files of TLS */
export function openSyslog(settings: SyslogSettings): Promise<SyslogLine> {
  return settings.protocol === 'udp' ? overDatagrams(settings) : overStream(settings);
}

async function overStream({ protocol, host, port, tls }: SyslogSettings): Promise<SyslogLine> {
  const none = { authority: null, certificate: null, key: null };
  const socket = await connectTo({ title: '', host, port, tls: protocol === 'tls' ? (tls ?? none) : null });
  // Hours may pass between two events.
  socket.setTimeout(0);
  socket.setKeepAlive(true, 60_000);
  let broken: Error | null = null;
  for (const event of ['end', 'close']) socket.once(event, () => socket.destroy());
  socket.once('error', (error) => {
    broken = networkError(error);
  });
  socket.once('close', () => {
    broken ??= fault('E_NETWORK/connection', { why: 'ECONNRESET' });
  });
  socket.resume();
  return {
    broken: () => broken,
    send: (message) =>
      new Promise((resolve, reject) => {
        // One that reads nothing is as good as away.
        const timer = setTimeout(() => socket.destroy(new Error('timeout')), SEND_MS);
        const framed = Buffer.concat([Buffer.from(`${message.length} `), message]);
        socket.write(framed, (error) => {
          clearTimeout(timer);
          if (error === null || error === undefined) resolve();
          else reject(networkError(error));
        });
      }),
    async close() {
      if (socket.destroyed) return false;
      let isInOrder = true;
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      const giveUp = () => {
        isInOrder = false;
        socket.destroy();
      };
      const timer = setTimeout(giveUp, CLOSE_MS);
      socket.once('error', giveUp);
      socket.end();
      await closed;
      clearTimeout(timer);
      return isInOrder;
    },
  };
}

async function overDatagrams({ host, port }: SyslogSettings): Promise<SyslogLine> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let broken: Error | null = null;
  try {
    const connected = once(socket, 'connect');
    socket.connect(port, host);
    await connected;
  } catch (error) {
    socket.close();
    throw networkError(error);
  }
  // Where a machine is there and nothing listens, it says so.
  socket.on('error', (error) => {
    broken = networkError(error);
  });
  return {
    broken: () => broken,
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(message, (error) => {
          if (error === null) resolve();
          else reject(networkError(error));
        });
      }),
    async close() {
      socket.close();
      return broken === null;
    },
  };
}
