import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';

/** Where ONNX Runtime 1.29 and later keeps what it means to send, unless it was told not to. */
export interface TracePlaces {
  readonly platform?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  readonly temporary?: string;
}

/** In a folder that is ONNX Runtime's alone: an id of the machine, and a database of events that wait. */
const OWN =
  /^(deviceid(\.lock|\.tmp\.[0-9a-f-]{36})?|onnxruntime\.db(-journal|-wal|-shm)?|onnxruntime\.db\.ses)$/;
/** In the temporary folder, by the library that does the sending: a log of the process, and an id of the session. */
const LOG = /^mat-debug-([0-9]+)\.log$/;
const SESSION = '.ses';
const SESSION_TEXT = /^[0-9]{13}\n[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?$/;

/**
 * Files that ONNX Runtime left for sending, with earlier versions of Limpid or with any other program of this user:
 * nothing in them tells which. So they are removed only when a person says so. Nothing needs them. Logs of a process
 * that runs are left out.
 */
export async function runtimeTraces(places: TracePlaces = {}): Promise<readonly string[]> {
  const temporary = places.temporary ?? os.tmpdir();
  const folder = traceFolder(places);
  const own = folder === null ? [] : (await filesIn(folder)).filter((name) => OWN.test(name));
  const logs = (await filesIn(temporary)).filter((name) => {
    const pid = LOG.exec(name)?.[1];
    return pid !== undefined && !runs(Number(pid));
  });
  const session = path.join(temporary, SESSION);
  const found = [
    ...own.map((name) => path.join(folder ?? '', name)),
    ...logs.map((name) => path.join(temporary, name)),
    ...(SESSION_TEXT.test(await startOf(session)) ? [session] : []),
  ];
  const ours = await Promise.all(found.map(isOfThisUser));
  return found.filter((_, i) => ours[i]);
}

/** Removes them, and their folder where it is empty then. @throws LimpidError E_IO */
export async function removeRuntimeTraces(places: TracePlaces = {}): Promise<void> {
  for (const file of await runtimeTraces(places))
    await fs.rm(file, { force: true }).catch((error: unknown) => {
      throw asFileError(error, file);
    });
  const folder = traceFolder(places);
  // It stays where anything else is in it.
  if (folder !== null) await fs.rmdir(folder).catch(() => undefined);
}

/** null on Windows, whose builds leave no files. */
function traceFolder({ platform, env, home }: TracePlaces): string | null {
  const system = platform ?? process.platform;
  const person = home ?? os.homedir();
  const below = path.join('Microsoft', 'DeveloperTools', '.onnxruntime');
  if (system === 'win32') return null;
  if (system === 'darwin') return path.join(person, 'Library', 'Application Support', below);
  return path.join((env ?? process.env).XDG_CACHE_HOME || path.join(person, '.cache'), below);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  // Where there is no such folder, or none that opens, the runtime left nothing that could be told of.
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** Of a small regular file; '' of anything else. */
async function startOf(file: string): Promise<string> {
  try {
    const stats = await fs.lstat(file);
    return stats.isFile() && stats.size < 100 ? await fs.readFile(file, 'utf8') : '';
  } catch {
    // What cannot be read is not known to be the runtime's, and is left alone.
    return '';
  }
}

async function isOfThisUser(file: string): Promise<boolean> {
  // What is gone, or cannot be looked at, is not known to be this person's, and is left alone.
  const stats = await fs.lstat(file).catch(() => null);
  return stats !== null && (process.getuid === undefined || stats.uid === process.getuid());
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
