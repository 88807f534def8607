import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { fault } from '../contract/errors.js';
import { readToken, stow } from '../dicom/net/dicomweb.js';
import { store } from '../dicom/net/scu.js';
import { readStorable, type Storable } from '../dicom/net/storable.js';
import type { Target } from './config.js';

/** What a job holds for itself in its output folder. */
const OURS = '.limpid';

/** DICOM files below a folder, in order of their names; what is no DICOM (reports, pictures) is left out. */
export async function instancesBelow(folder: string): Promise<Storable[]> {
  const found: Storable[] = [];
  for (const file of await filesBelow(folder)) {
    if (!file.endsWith('.dcm')) continue;
    found.push(await readStorable(file));
  }
  return found;
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    const nested = await Promise.all(
      entries
        .filter(({ name }) => name !== OURS)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((entry) => {
          const at = path.join(folder, entry.name);
          return entry.isDirectory() ? filesBelow(at) : Promise.resolve(entry.isFile() ? [at] : []);
        }),
    );
    return nested.flat();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** SOP Instance UIDs that a target has acknowledged before. */
export async function readAcknowledged(file: string): Promise<Set<string>> {
  try {
    const lines = (await fs.readFile(file, 'utf8')).split('\n');
    // The last line may be half of one: only those that ended count.
    return new Set(lines.slice(0, -1));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return new Set();
    throw error;
  }
}

export interface Delivering {
  readonly target: Target;
  readonly calling: string;
  readonly instances: readonly Storable[];
  /** Folder below a target that is a folder. */
  readonly under: string;
  /** Where acknowledged instances are written down. */
  readonly acknowledged: string;
  readonly onSent: (sent: number) => void;
}

/**
 * Sends what a target has not acknowledged yet, and writes down each that it has.
 *
 * @returns instances that the target has now, of all
 * @throws LimpidError E_NETWORK where not all could be sent; what was acknowledged is not sent again
 */
export async function deliver({
  target,
  calling,
  instances,
  under,
  acknowledged,
  onSent,
}: Delivering): Promise<number> {
  const before = await readAcknowledged(acknowledged);
  const left = instances.filter(({ sopInstance }) => !before.has(sopInstance));
  let sent = instances.length - left.length;
  const list = await fs.open(acknowledged, 'a', 0o600);
  let refused: string | null = null;
  let writing: Promise<unknown> = Promise.resolve();
  const taken = ({ sopInstance }: Storable) => {
    sent++;
    writing = writing.then(() => list.write(`${sopInstance}\n`));
    // What fails is thrown once all is sent: until then it is nobody's, which would end the process.
    writing.catch(() => undefined);
    onSent(sent);
  };
  try {
    if (target.kind === 'dicom')
      await store({ ...target }, calling, left, (one, outcome) => {
        if (outcome.kind === 'stored') taken(one);
        else
          refused = outcome.kind === 'failed' ? `status 0x${outcome.status.toString(16)}` : 'its SOP class';
      });
    else if (target.kind === 'folder')
      for (const one of left) await copy(one, path.join(target.path, under)).then(() => taken(one));
    else
      await stow(
        { url: target.url, token: await readToken(target.tokenFile) },
        left,
        ({ path: file }) => fs.readFile(file),
        (one, failure) => {
          if (failure === null) taken(one);
          else refused = `failure 0x${failure.toString(16)}`;
        },
      );
  } finally {
    try {
      await writing;
      await list.sync();
    } finally {
      await list.close();
    }
  }
  if (refused !== null) throw fault('E_NETWORK/target', { status: refused });
  return sent;
}

/** Whole or not at all. A file that is there is the same instance. */
async function copy({ path: from, sopInstance }: Storable, root: string): Promise<void> {
  const folder = path.join(root, path.basename(path.dirname(from)));
  await makeFolder(folder);
  const to = path.join(folder, `${sopInstance}.dcm`);
  const part = `${to}.part`;
  try {
    await fs.copyFile(from, part);
    const handle = await fs.open(part, 'r+');
    await handle.sync().finally(() => handle.close());
    await fs.rename(part, to);
  } catch (error) {
    await fs.rm(part, { force: true });
    throw fault('E_IO/target-folder', {}, undefined, error);
  }
}
