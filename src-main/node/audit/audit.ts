import * as fs from 'node:fs/promises';
import * as path from 'node:path';
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

/** A new file a month: an audit is kept, not rotated away. */
function fileOf(base: string, at: Date): string {
  return path.join(auditFolder(base), `${at.toISOString().slice(0, 7)}.jsonl`);
}

/**
 * A line an event, in order. No patient, no name of a file: the id of a series and codes.
 *
 * @param written is called when a line is on its way to the disk
 */
export function openAudit(base: string, written: () => void): Audit {
  let failing = false;
  let writing: Promise<void> = fs.mkdir(auditFolder(base), { recursive: true, mode: 0o700 }).then(() => {});
  return {
    write(event, facts) {
      const at = new Date();
      const line = `${JSON.stringify({ at: at.toISOString(), event, ...facts })}\n`;
      writing = writing
        .then(() => fs.appendFile(fileOf(base, at), line, { mode: 0o600 }))
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

/** What the audit holds of a series. */
export function factsOf({ id, state, generation, instances, rule, verdict, reason }: SeriesRecord) {
  return { series: id, state, generation, instances, rule, verdict, reason };
}
