import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { problemFrom } from '../../contract/errors.js';
import type { SeriesRecord } from '../../contract/requests/node.js';

export type AuditFacts = Readonly<Record<string, string | number | null>>;

export interface Audit {
  readonly write: (event: string, facts: AuditFacts) => void;
  readonly close: () => Promise<void>;
}

export function auditFolder(base: string): string {
  return path.join(base, 'audit');
}

/** Names of the files of an audit, in order; none where there is none. A new one a month: an audit is kept, not rotated away. */
export async function auditFiles(base: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(auditFolder(base))).filter((name) => /^\d{4}-\d\d\.jsonl$/.test(name)).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * A line an event, in order. No patient, no name of a file: the id of a series and codes. Where the clock was set back
 * over the end of a month the later file goes on, so that the order of files and lines is that of the events.
 *
 * @param written is called when a line is on its way to the disk
 */
export function openAudit(base: string, written: () => void): Audit {
  let [failing, last, isCut] = [false, '', false];
  const open = async () => {
    await makeFolder(auditFolder(base), 0o700);
    last = (await auditFiles(base)).at(-1) ?? '';
    isCut = last !== '' && (await endsInside(path.join(auditFolder(base), last)));
  };
  const append = async (at: string, line: string) => {
    const name = `${at.slice(0, 7)}.jsonl`;
    const to = name > last ? name : last;
    const start = isCut && to === last ? '\n' : '';
    last = to;
    // What fails may have written a part.
    isCut = true;
    await fs.appendFile(path.join(auditFolder(base), to), `${start}${line}\n`, { mode: 0o600 });
    isCut = false;
  };
  let writing = open();
  return {
    write(event, facts) {
      const at = new Date().toISOString();
      const line = JSON.stringify({ at, event, ...facts });
      writing = writing
        .then(() => append(at, line))
        .then(
          () => {
            failing = false;
            written();
          },
          (error: unknown) => {
            // A full disk stops the audit, and receiving too: what was received before is still worked on. Told once a row.
            if (!failing) problemFrom(error);
            failing = true;
          },
        );
    },
    close: () => writing,
  };
}

/** Whether a file ends inside of a line: a kill or a full disk cut it. */
async function endsInside(file: string): Promise<boolean> {
  const handle = await fs.open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size === 0) return false;
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] !== 0x0a;
  } finally {
    await handle.close();
  }
}

/** What the audit holds of a series. */
export function factsOf({ id, state, generation, instances, rule, verdict, reason }: SeriesRecord) {
  return { series: id, state, generation, instances, rule, verdict, reason };
}
