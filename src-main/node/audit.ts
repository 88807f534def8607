import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { SeriesRecord } from '../contract/requests/node.js';

/** A new file a month: an audit is kept, not rotated away. */
function fileOf(base: string, at: Date): string {
  return path.join(base, 'audit', `${at.toISOString().slice(0, 7)}.jsonl`);
}

/** A line an event, in order. No patient, no name of a file: the id of a series and codes. */
export function openAudit(base: string): {
  readonly write: (event: string, facts: Readonly<Record<string, string | number | null>>) => void;
  readonly close: () => Promise<void>;
} {
  let writing: Promise<void> = fs
    .mkdir(path.join(base, 'audit'), { recursive: true, mode: 0o700 })
    .then(() => {});
  return {
    write(event, facts) {
      const at = new Date();
      const line = `${JSON.stringify({ at: at.toISOString(), event, ...facts })}\n`;
      writing = writing
        .then(() => fs.appendFile(fileOf(base, at), line, { mode: 0o600 }))
        // A full disk stops the audit, and receiving too: what was received before is still worked on.
        .catch(() => undefined);
    },
    close: () => writing,
  };
}

/** What the audit holds of a series. */
export function factsOf({ id, state, generation, instances, rule, verdict, reason }: SeriesRecord) {
  return { series: id, state, generation, instances, rule, verdict, reason };
}
