import * as path from 'node:path';
import type { AuditLine } from './audit/forward.js';
import type { AuditEvent, Moved, Party } from './audit/message.js';
import { type NodeConfig, targetOf } from './config.js';
import { namesIn } from './inbox.js';
import { valuesOfImage } from './rules.js';
import type { Live, Shelf } from './shelf.js';

/**
 * Characters of a UID, and of a Patient ID (PS3.5 section 6.2). What is longer is none, and would make a message that no
 * datagram holds.
 */
const LONGEST = 64;

/** What is skipped by its rule was received as much as what is not. */
const BY_RULE = ['rule', 'no-rule'];

/** What a line of the audit means to an audit repository (PS3.15 section A.5.3); null: nothing. */
export async function meaningOf(
  config: NodeConfig,
  shelf: Shelf,
  line: AuditLine,
): Promise<AuditEvent | null> {
  const { at, event, series, reason, instances = 0, target } = line;
  if (event === 'refused') return refused(line);
  if (series === undefined)
    return event === 'started' ? { at, kind: 'start' } : event === 'stopped' ? { at, kind: 'stop' } : null;
  const live = shelf.get(series);
  if (live === undefined) return null;
  if (event === 'complete' || (event === 'skipped' && BY_RULE.includes(reason ?? '')))
    return {
      at,
      kind: 'received',
      from: sendersOf(live),
      moved: await movedOf(config, shelf, live, instances),
    };
  if (event !== 'delivered' || target === undefined) return null;
  const to = partyOf(config, target);
  const kind = targetOf(config, target)?.kind === 'folder' ? 'exported' : 'sent';
  return { at, kind, to, moved: await movedOf(config, shelf, live, instances) };
}

function refused({ at, title, address, reason, times = 1 }: AuditLine): AuditEvent {
  const by = { name: title ?? 'unknown', address: address ?? null };
  return { at, kind: 'refused', by, why: reason ?? 'unknown', times };
}

function sendersOf({ record }: Live): readonly Party[] {
  if (record.callers.length === 0) return [{ name: 'watched folder', address: null }];
  return record.callers.map(({ title, address }) => ({ name: title, address }));
}

function partyOf(config: NodeConfig, name: string): Party {
  const target = targetOf(config, name);
  if (target?.kind === 'dicom') return { name: target.title, address: target.host };
  return { name, address: target?.kind === 'dicomweb' ? target.url : null };
}

async function movedOf(config: NodeConfig, shelf: Shelf, live: Live, instances: number): Promise<Moved> {
  const isTold = config.syslog?.patients === true;
  const patient = isTold ? await patientOf(shelf.folderOf(live).images) : null;
  return { study: live.record.study.slice(0, LONGEST), instances, patient };
}

/** null where the images are gone, or say none. */
async function patientOf(images: string): Promise<string | null> {
  try {
    const [first] = await namesIn(images);
    if (first === undefined) return null;
    const [id = ''] = (await valuesOfImage(path.join(images, first)))('PatientID');
    return id === '' || id.length > LONGEST ? null : id;
  } catch {
    // Who moved what is told without it.
    return null;
  }
}
