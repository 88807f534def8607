import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Emit } from '../contract/events.js';
import type { Source } from '../dicom/files/source.js';
import { openSource, sourceId } from '../dicom/files/sources.js';
import type { InputSet, Wants } from './input.js';
import { isNiftiName, niftiStem, SIDECAR_KINDS } from './nifti/finder.js';
import { openNiftiInput } from './nifti-input.js';
import { openTree } from './tree-input.js';

/** Opens whatever a person names as the input. @throws LimpidError E_NOT_FOUND and those of reading */
export async function openInput(given: string, emit: Emit, wants: Wants): Promise<InputSet> {
  if (await isNiftiFile(given)) return openNiftiInput(given, emit, wants);
  const source = await openSource(given, await wantedFiles(wants));
  try {
    return await openTree(source, emit, wants);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Opens several paths as one input, whose NIfTI outputs lie in folders called as the paths. Files that belong to a
 * NIfTI file that is named are part of it.
 *
 * @throws LimpidError as `openInput`
 */
export async function openInputs(given: readonly string[], emit: Emit, wants: Wants): Promise<InputSet> {
  const paths = [...new Map(given.map((one) => [path.resolve(one), one])).values()];
  if (paths.length === 1) return openInput(paths[0], emit, wants);
  const wanted = await wantedFiles(wants);
  const opened: Source[] = [];
  const close = async () => {
    for (const source of opened) await source.close();
  };
  try {
    const listed: Listed[] = [];
    for (const [i, one] of paths.entries()) {
      const label = labelsOf(paths)[i];
      for (const file of await filesOf(one)) {
        const source = await openSource(file, wanted);
        opened.push(source);
        listed.push({ source, label: path.join(path.dirname(label), path.basename(file)) });
      }
    }
    return await openTree(joined(listed, close), emit, wants);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Places that a plan names, and what lies beside NIfTI images of these; undefined: all that there is. */
async function wantedFiles({ known }: Wants): Promise<ReadonlySet<string> | undefined> {
  if (known === undefined) return undefined;
  const wanted = new Set(known.files);
  const folders = new Set([...known.files].filter(isNiftiName).map((place) => path.dirname(place)));
  for (const folder of folders) {
    // An archive is no folder: what is in it is found with it.
    const names = await fs.readdir(folder).catch((): string[] => []);
    for (const name of names) wanted.add(path.join(folder, name));
  }
  return wanted;
}

interface Listed {
  readonly source: Source;
  /** What its files are called by: the name of a file, the folder of others. */
  readonly label: string;
}

/** Of a NIfTI file its other half and its sidecars too. */
async function filesOf(given: string): Promise<string[]> {
  if (!(await isNiftiFile(given))) return [given];
  const folder = path.dirname(given);
  // Where the folder cannot be listed, the file stands alone: what it lacks beside it is told when it is read.
  const names = await fs.readdir(folder).catch((): string[] => []);
  const stem = niftiStem(path.basename(given));
  const beside = names.filter((name) => name !== path.basename(given) && belongsTo(name, given, stem));
  return [given, ...beside.map((name) => path.join(folder, name))];
}

function belongsTo(name: string, given: string, stem: string): boolean {
  const other = /\.hdr(\.gz)?$/i.test(given) ? /\.img(\.gz)?$/i : /\.hdr(\.gz)?$/i;
  const isHalf = /\.(hdr|img)(\.gz)?$/i.test(given) && other.test(name) && niftiStem(name) === stem;
  return isHalf || SIDECAR_KINDS.some((kind) => name === `${stem}.${kind}`);
}

/** Their names; with those of their folders, then with numbers, where these are not enough. */
function labelsOf(paths: readonly string[]): string[] {
  const plain = paths.map((one) => path.basename(path.resolve(guardedPath(one))));
  const longer = paths.map((one, i) => {
    if (plain.filter((name) => name === plain[i]).length === 1) return plain[i];
    return path.join(path.basename(path.dirname(path.resolve(guardedPath(one)))), plain[i]);
  });
  return longer.map((label, i) => {
    const before = longer.slice(0, i).filter((name) => name === label).length;
    return before === 0 ? label : path.join(`${path.dirname(label)}-${before + 1}`, path.basename(label));
  });
}

function joined(listed: readonly Listed[], close: () => Promise<void>): Source {
  return {
    root: '',
    kind: 'folder',
    async *files() {
      for (const { source, label } of listed)
        for await (const file of source.files()) {
          const relative = source.kind === 'file' ? label : `${label}/${file.relative}`;
          yield { ...file, relative: relative.split(path.sep).join('/'), id: sourceId(relative) };
        }
    },
    get passedOver() {
      return listed.flatMap(({ source }) => source.passedOver);
    },
    close,
  };
}

/** Whether a path is named as one NIfTI image: a folder may be called so too. */
export async function isNiftiFile(given: string): Promise<boolean> {
  if (!isNiftiName(given)) return false;
  // What is not there goes by its name; opening it tells that it is missing.
  const stat = await fs.stat(given).catch(() => null);
  return stat?.isDirectory() !== true;
}

/** What the output must not lie in: a DICOMDIR stands for its whole folder. */
export function guardedPath(given: string): string {
  return path.basename(given).toUpperCase() === 'DICOMDIR' ? path.dirname(path.resolve(given)) : given;
}
