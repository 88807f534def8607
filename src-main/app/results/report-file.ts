import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../../base/files.js';
import { Report } from '../../contract/report.js';
import { readText } from '../../contract/schema/schema.js';

/** Bytes of a report.json: beyond these it is left alone. */
const MOST_REPORT = 64 * 2 ** 20;

/** The report in an output folder; null where none lies there, or one of another version. */
export async function reportIn(folder: string): Promise<Report | null> {
  const file = path.join(folder, 'report.json');
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile() || stat.size > MOST_REPORT) return null;
    const report = readText(Report, await fs.readFile(file, 'utf8'));
    return report.fits ? report.value : null;
  } catch (error) {
    // Most folders hold no report; one that cannot be read is not there for this person.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EIO')) return null;
    throw error;
  }
}
