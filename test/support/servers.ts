import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { connect, createServer } from 'node:net';
import * as path from 'node:path';

/** A real server on loopback, started by a test. */
export interface Server {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** Waits until something listens. @throws Error where the process ended before */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`A server ended with ${child.exitCode}.`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function start(command: string, args: readonly string[], port: number): Promise<Server> {
  const child = spawn(command, args, { stdio: 'ignore' });
  await listening(port, child);
  return { port, close: () => ended(child) };
}

/** Debian's redis-server with its appended file in a folder. */
export function startRedis(folder: string, port: number): Promise<Server> {
  const options = [
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
  ];
  return start('redis-server', ['--port', `${port}`, '--save', '', ...options], port);
}

/** dcmtk's storescp: keeps bytes as they come, in any transfer syntax. */
export async function startStorescp(
  folder: string,
  options: readonly string[] = [],
  port?: number,
): Promise<Server> {
  const at = port ?? (await freePort());
  return start('storescp', ['+B', '+xa', '-od', folder, ...options, `${at}`], at);
}

/**
 * dcmtk's archive of one area, with C-FIND, C-MOVE and C-GET.
 *
 * @param movers where C-MOVE may send, by title
 */
export async function startArchive(
  folder: string,
  title: string,
  movers: Readonly<Record<string, number>>,
): Promise<Server> {
  const port = await freePort();
  const area = path.join(folder, 'area');
  fs.mkdirSync(area, { recursive: true });
  const hosts = Object.entries(movers).map(
    ([name, at]) => `${name.toLowerCase()} = (${name}, 127.0.0.1, ${at})`,
  );
  const config = path.join(folder, 'dcmqrscp.cfg');
  fs.writeFileSync(
    config,
    `NetworkTCPPort = ${port}
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
${hosts.join('\n')}
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
${title} ${area} RW (1000, 100mb) ANY
AETable END
`,
  );
  return start('dcmqrscp', ['-c', config, `${port}`], port);
}

export interface OrthancServer extends Server {
  /** Of its REST interface. */
  readonly http: string;
}

/** Orthanc with an empty store in a folder, which a later start finds again. */
export async function startOrthanc(
  folder: string,
  options: {
    readonly title: string;
    readonly ports?: { readonly dicom: number; readonly http: number };
    readonly peers?: Readonly<Record<string, number>>;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): Promise<OrthancServer> {
  const ports = options.ports ?? { dicom: await freePort(), http: await freePort() };
  fs.mkdirSync(folder, { recursive: true });
  const config = path.join(folder, 'orthanc.json');
  const modalities = Object.entries(options.peers ?? {}).map(([title, port]) => [
    title,
    {
      AET: title,
      Host: '127.0.0.1',
      Port: port,
      AllowEcho: true,
      AllowStore: true,
      AllowStorageCommitment: true,
    },
  ]);
  fs.writeFileSync(
    config,
    JSON.stringify({
      Name: 'test',
      StorageDirectory: path.join(folder, 'db'),
      IndexDirectory: path.join(folder, 'db'),
      DicomAet: options.title,
      DicomPort: ports.dicom,
      HttpPort: ports.http,
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      DicomAlwaysAllowStore: true,
      DicomAlwaysAllowEcho: true,
      UnknownSopClassAccepted: true,
      StorageCommitmentReportsSize: 100,
      DicomModalities: Object.fromEntries(modalities),
      ...options.more,
    }),
  );
  const child = spawn('Orthanc', [config], { stdio: 'ignore' });
  await Promise.all([listening(ports.dicom, child), listening(ports.http, child)]);
  return {
    port: ports.dicom,
    http: `http://127.0.0.1:${ports.http}`,
    close: () => ended(child),
  };
}
