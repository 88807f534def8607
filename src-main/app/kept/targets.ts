import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { writeFileAtomic } from '../../base/files.js';
import { jsonFile } from '../../base/json-file.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault, type Problem } from '../../contract/errors.js';
import type { EchoRequest } from '../../contract/requests/network.js';
import { anything, list, object, read } from '../../contract/schema/schema.js';
import { isSameServer, Target, type TargetDraft } from '../../contract/window/sending.js';
import { readKept } from './kept.js';

const Saved = object({ targets: list(anything()) });

/** What a job needs of a target. */
type Reached = Pick<EchoRequest, 'target' | 'calling'>;

export interface Targets {
  /** What of the kept ones was not read, and was set aside. */
  readonly unread: Problem | null;
  list(): readonly Target[];
  /** @throws LimpidError E_NOT_FOUND, as all that name one */
  find(id: string): Target;
  /** A new one, or other values of one that is kept. @throws LimpidError E_USAGE for an address that holds a password or is not of the web; E_IO */
  save(draft: TargetDraft): Promise<Target>;
  remove(id: string): Promise<void>;
  /** As jobs are told of it: a token stays in its file, so that no request holds it. */
  reached(target: Target): Reached;
}

/** The targets of this person, in the data folder; tokens beside them, a file each. @throws LimpidError E_IO */
export async function openTargets(home: string): Promise<Targets> {
  const disk = jsonFile(path.join(home, 'targets.json'));
  const kept = await readKept(disk, (data) => ({ targets: targetsOf(data) }));
  let { targets } = kept.value;
  const tokenFile = (id: string) => path.join(home, 'targets', `${id}.token`);

  const find = (id: string): Target => {
    const target = targets.find((one) => one.id === id);
    if (target === undefined) throw fault('E_NOT_FOUND/target');
    return target;
  };
  const keepToken = async (id: string, token: string | null): Promise<void> => {
    if (token === null) return fs.rm(tokenFile(id), { force: true });
    await makeFolder(path.dirname(tokenFile(id)), 0o700);
    await writeFileAtomic(tokenFile(id), token, { replace: true });
  };
  const filed = async (draft: TargetDraft, id: string): Promise<Target> => {
    if (draft.kind === 'dicom') {
      await keepToken(id, null);
      return { ...draft, id };
    }
    const { token, ...rest } = draft;
    requireWeb(rest.url);
    const before = targets.find((one) => one.id === id);
    // A token is the secret of one server: it goes to no other that its address is changed to.
    const stays = before?.kind === 'dicomweb' && before.hasToken && isSameServer(before.url, rest.url);
    if (token === undefined && stays) return { ...rest, id, hasToken: true };
    await keepToken(id, token ?? null);
    return { ...rest, id, hasToken: (token ?? null) !== null };
  };
  return {
    unread: kept.unread,
    list: () => targets,
    find,
    async save(draft) {
      if (draft.id !== null) find(draft.id);
      const id = draft.id ?? randomBytes(6).toString('hex');
      const target = await filed(draft, id);
      targets =
        draft.id === null ? [...targets, target] : targets.map((one) => (one.id === id ? target : one));
      await disk.write({ targets });
      return target;
    },
    async remove(id) {
      find(id);
      targets = targets.filter((one) => one.id !== id);
      await disk.write({ targets });
      await keepToken(id, null);
    },
    reached(target) {
      if (target.kind === 'dicomweb') {
        const file = target.hasToken ? tokenFile(target.id) : null;
        return { target: { url: target.url, tokenFile: file }, calling: 'LIMPID' };
      }
      const { title, host, port, tls, calling } = target;
      return { target: { title, host, port, tls }, calling };
    },
  };
}

/** Those that this version knows. */
function targetsOf(data: unknown): readonly Target[] {
  const saved = read(Saved, data);
  return (saved.fits ? saved.value.targets : []).flatMap((one) => {
    const target = read(Target, one);
    return target.fits ? [target.value] : [];
  });
}

/** An address is shown and kept as it is: what is secret does not belong into it. */
function requireWeb(text: string): void {
  const { protocol, username, password } = new URL(text);
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '')
    throw fault('E_USAGE/target-address');
}
