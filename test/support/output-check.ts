import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256 } from '../../src-main/base/files.js';
import { findElement, valueBytes, walkElements } from '../../src-main/dicom/elements/elements.js';

/** Hashes of the contents of every file below a folder, by its path; of DICOM files, of their pixels. */
export type Contents = Readonly<Record<string, string>>;

const OWN = '.limpid';
const REPORTS = ['report.html', 'report.json'];
/** Pixel Data, Float Pixel Data. */
const PIXELS = [0x7fe00010, 0x7fe00008];

/** Hashes of all bytes below a folder. */
export function bytesBelow(folder: string): Contents {
  return Object.fromEntries(
    filesBelow(folder).map((file) => [file, sha256(fs.readFileSync(path.join(folder, file)))]),
  );
}

/**
 * What is visible in an output folder, reports left out, which tell times.
 *
 * @throws Error where a file is not whole: a DICOM file that does not read to its end or has no pixels, a report that
 * is cut, a file of no finished kind
 */
export function visibleContents(output: string): Contents {
  const found: [string, string][] = [];
  for (const file of filesBelow(output).filter((name) => name.split(path.sep)[0] !== OWN)) {
    const bytes = fs.readFileSync(path.join(output, file));
    if (REPORTS.includes(file)) requireReport(file, bytes);
    else found.push([file, sha256(file.endsWith('.dcm') ? pixelsOf(bytes) : requireKind(file, bytes))]);
  }
  return Object.fromEntries(found);
}

/**
 * Entries below an output folder that are only partly there, measured by those of a whole one.
 *
 * @throws Error with the first
 */
export function requireWhole(seen: Contents, whole: Contents): void {
  const tops = new Set(Object.keys(seen).map(topOf));
  for (const [file, hash] of Object.entries(whole))
    if (tops.has(topOf(file)) && seen[file] !== hash)
      throw new Error(`${file} ${file in seen ? 'differs' : 'is missing'}`);
  for (const file of Object.keys(seen)) if (!(file in whole)) throw new Error(`${file} is too much`);
}

/** The names at the top of an output folder, sorted. */
export function topsOf(seen: Contents): string[] {
  return [...new Set(Object.keys(seen).map(topOf))].sort();
}

function topOf(file: string): string {
  return file.split(path.sep)[0];
}

function filesBelow(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

function pixelsOf(bytes: Uint8Array): Uint8Array {
  const { elements, bytes: walked } = walkElements(bytes);
  for (const tag of PIXELS) {
    const element = findElement(elements, tag);
    if (element !== undefined) return valueBytes(walked, element);
  }
  throw new Error('A file has no pixels.');
}

function requireReport(file: string, bytes: Buffer): void {
  const text = bytes.toString('utf8');
  if (file.endsWith('.json')) JSON.parse(text);
  else if (!text.trimEnd().endsWith('</html>')) throw new Error(`${file} is cut`);
}

function requireKind(file: string, bytes: Uint8Array): Uint8Array {
  if (!/\.(onnx|json)$/.test(file) || bytes.length === 0) throw new Error(`${file} is not a finished file`);
  return bytes;
}
