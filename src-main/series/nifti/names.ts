import { niftiStem } from './finder.js';

/** Where the outputs of an image belong: `folder` is empty at the top, else ends with `/`. */
export interface OutputName {
  readonly folder: string;
  /** Outputs are called by it, `_` and what they are. */
  readonly stem: string;
}

/** Where derivatives of the Brain Imaging Data Structure (BIDS) lie below an output folder. */
export const BIDS_FOLDER = 'derivatives/limpid';

/**
 * The name of a derivative by BIDS: the entity `desc` before the suffix that says what kind of image it is. One that
 * there is already stays a part of it.
 *
 * @param label letters and digits
 */
export function bidsStem(stem: string, label: string): string {
  const cut = stem.lastIndexOf('_');
  const [entities, suffix] = cut < 0 ? ['', stem] : [stem.slice(0, cut), stem.slice(cut + 1)];
  const earlier = /(^|_)desc-([a-z0-9]+)(?=_|$)/i.exec(entities);
  if (earlier !== null) {
    const joined = `${earlier[2]}${label.slice(0, 1).toUpperCase()}${label.slice(1)}`;
    return `${entities.replace(earlier[0], `${earlier[1]}desc-${joined}`)}_${suffix}`;
  }
  return `${entities === '' ? '' : `${entities}_`}desc-${label}_${suffix}`;
}

/** File systems take names of 255 bytes; the longest ending of an output has 19. */
const STEM_BYTES = 230;

/**
 * A name for the outputs of each image of a tree, which mirrors the tree. No two are the same, also where capitals
 * make no difference; images that differ only in their endings keep these in the names.
 *
 * @param paths inside the source, parts joined by `/`; in the order of which names are given
 * @param taken names at the top of the output folder that are not free
 */
export function outputNames(
  paths: readonly string[],
  taken: readonly string[],
  system: NodeJS.Platform = process.platform,
): OutputName[] {
  const reserved = new Set(taken.map(folded));
  const plain = paths.map((path) => plainName(path, reserved, system));
  const count = counted(plain);
  const told = plain.map((name, i) =>
    count.get(keyOf(name)) === 1 ? name : { ...name, stem: `${name.stem}_${endingOf(paths[i])}` },
  );
  const used = new Set(told.filter((_, i) => count.get(keyOf(plain[i])) === 1).map(keyOf));
  return told.map((name, i) => (count.get(keyOf(plain[i])) === 1 ? name : freed(name, used)));
}

function plainName(path: string, reserved: ReadonlySet<string>, system: NodeJS.Platform): OutputName {
  const parts = path.split('/').map((part) => (system === 'win32' ? forWindows(part) : part));
  const stem = shortened(niftiStem(parts.pop() ?? ''));
  const folders = parts.map((part) => part.replace(/(.)\.zip$/i, '$1'));
  while (folders.length > 0 && reserved.has(folded(folders[0]))) folders[0] += '_';
  return { folder: folders.map((part) => `${part}/`).join(''), stem };
}

/** What archives may hold and Windows cannot. */
function forWindows(part: string): string {
  const plain = part.replace(/[<>:"|?*\p{Cc}]/gu, '_').replace(/[. ]+$/, '_');
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) ? `_${plain}` : plain;
}

function shortened(stem: string): string {
  let short = '';
  for (const letter of stem) {
    if (Buffer.byteLength(short + letter) > STEM_BYTES) break;
    short += letter;
  }
  return short;
}

function endingOf(path: string): string {
  return path
    .slice(niftiStem(path).length + 1)
    .toLowerCase()
    .replaceAll('.', '-');
}

function freed(name: OutputName, used: Set<string>): OutputName {
  for (let i = 1; ; i++) {
    const free = i === 1 ? name : { ...name, stem: `${name.stem}-${i}` };
    if (used.has(keyOf(free))) continue;
    used.add(keyOf(free));
    return free;
  }
}

function counted(names: readonly OutputName[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(keyOf(name), (count.get(keyOf(name)) ?? 0) + 1);
  return count;
}

function keyOf({ folder, stem }: OutputName): string {
  return folded(`${folder}${stem}`);
}

/** Equal for what some file systems take for the same name. */
function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
