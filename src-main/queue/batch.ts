import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, sha256, writeFileAtomic } from '../base/files.js';
import { fault } from '../contract/errors.js';
import { type PlanEntry, PlanFile } from '../contract/plan-file.js';
import {
  filled,
  flag,
  list,
  type Of,
  object,
  only,
  optional,
  readText,
  text,
  whole,
} from '../contract/schema/schema.js';
import { ownFolder } from '../series/output-folder.js';

/** What is known of a batch in its output folder. Redis holds no file name: where a plan lies in `PLANS` is enough. */
const PLANS = 'plans.jsonl';
const BATCH = 'queue.json';

const BatchUnit = object({
  unit: filled,
  /** Opaque; the same for the series of one study. */
  study: text,
  /** In bytes, of its line in the file of plans. */
  at: whole,
  bytes: whole,
});
export type BatchUnit = Of<typeof BatchUnit>;

const Batch = object({
  limpidBatch: only(1),
  id: filled,
  createdAt: text,
  /** Of what was asked: another request does not go on with it. */
  request: filled,
  units: list(BatchUnit),
  /** Series that were scanned and are left alone. */
  skipped: optional(whole),
  /** Some of the input could not be read when it was scanned. */
  partly: optional(flag),
});
export type Batch = Of<typeof Batch>;

/** null where there is none. @throws LimpidError E_RESUME for a damaged one; E_IO */
export async function readBatch(out: string): Promise<Batch | null> {
  const file = path.join(ownFolder(out), BATCH);
  let found: string;
  try {
    found = await fs.readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw asFileError(error, file);
  }
  const reading = readText(Batch, found);
  if (reading.fits) return reading.value;
  throw fault('E_RESUME/journal', { field: reading.path || 'JSON' }, file);
}

/**
 * Writes a plan a unit, each a line, and what is known of them.
 *
 * @param partly some of the input could not be read
 * @throws LimpidError E_NOTHING where no unit is to be done, and nothing is written; E_IO
 */
export async function writeBatch(
  out: string,
  plan: PlanFile,
  request: string,
  partly: boolean,
): Promise<Batch> {
  const byUnit = new Map<string, PlanEntry[]>();
  for (const entry of plan.series) byUnit.set(entry.unit, [...(byUnit.get(entry.unit) ?? []), entry]);
  const chosen = [...byUnit].filter(([, entries]) => entries.some(({ action }) => action === 'denoise'));
  if (chosen.length === 0) throw fault('E_NOTHING/planned');
  const units: BatchUnit[] = [];
  const lines: Buffer[] = [];
  let at = 0;
  for (const [unit, series] of chosen) {
    const line = Buffer.from(`${JSON.stringify({ ...plan, series })}\n`);
    units.push({ unit, study: studyOf(series), at, bytes: line.length });
    lines.push(line);
    at += line.length;
  }
  await writeFileAtomic(path.join(ownFolder(out), PLANS), Buffer.concat(lines), { replace: true });
  const batch: Batch = {
    limpidBatch: 1,
    id: randomBytes(6).toString('hex'),
    createdAt: new Date().toISOString(),
    request,
    units,
    skipped: byUnit.size - chosen.length,
    partly,
  };
  await writeFileAtomic(path.join(ownFolder(out), BATCH), JSON.stringify(batch), { replace: true });
  return batch;
}

function studyOf([first]: readonly PlanEntry[]): string {
  const study = first?.studyInstanceUid ?? first?.unit ?? '';
  return sha256(study).slice(0, 12);
}

/** The plan of one unit, as text. @throws LimpidError E_NOT_FOUND where the folder is not there; E_IO; E_PLAN */
export async function readUnitPlan(
  out: string,
  { at, bytes }: Pick<BatchUnit, 'at' | 'bytes'>,
): Promise<string> {
  const file = path.join(ownFolder(out), PLANS);
  try {
    const handle = await fs.open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, at);
      const line = buffer.subarray(0, bytesRead).toString('utf8');
      if (!readText(PlanFile, line).fits) throw fault('E_PLAN/json', {}, file);
      return line;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asFileError(error, file);
  }
}
