/** Paths of the machine that computes, which may be another than the one that shows: both separators count. */

const WINDOWS = /^([a-z]:[\\/]|\\\\)/i;

function separatorOf(path: string): string {
  return WINDOWS.test(path) ? '\\' : '/';
}

function parts(path: string): { head: string; name: string } {
  const pattern = WINDOWS.test(path) ? /[\\/]/ : /\//;
  let trimmed = path;
  while (trimmed.length > 1 && pattern.test(trimmed.slice(-1))) trimmed = trimmed.slice(0, -1);
  let at = trimmed.length - 1;
  while (at >= 0 && !pattern.test(trimmed.charAt(at))) at--;
  return { head: trimmed.slice(0, Math.max(0, at)), name: trimmed.slice(at + 1) };
}

export function baseName(path: string): string {
  return parts(path).name;
}

/** The folder that holds a path; that of a root is the root. */
export function parentOf(path: string): string {
  const { head, name } = parts(path);
  if (/^[a-z]:$/i.test(head)) return `${head}\\`;
  if (head === '') return path.startsWith('/') ? '/' : name === '' ? path : '.';
  return head;
}

export function joinPath(folder: string, name: string): string {
  const separator = separatorOf(folder);
  return /[\\/]$/.test(folder) ? `${folder}${name}` : `${folder}${separator}${name}`;
}

const NIFTI = /\.(nii|hdr|img)(\.gz)?$/i;
/** Files that are an input of their own, unlike the slices of a series. */
const WHOLE = /\.((nii|hdr|img)(\.gz)?|zip)$/i;

/** The name of a NIfTI file without its ending: outputs are named after it. */
export function niftiStem(path: string): string {
  return baseName(path).replace(NIFTI, '');
}

/** The same for one of a tree, by its path inside it: outputs mirror the tree, and archives become folders. */
export function niftiStemInTree(relative: string): string {
  return relative.replace(NIFTI, '').replace(/\.zip(?=\/)/gi, '');
}

/**
 * A folder for the outputs of an input: beside it, or in `base`; never inside it, and none of `taken`.
 * A DICOMDIR stands for the folder it lies in.
 */
export function outputParent(input: string, base: string | null): string {
  if (base !== null) return base;
  const folder = /^dicomdir$/i.test(baseName(input)) ? parentOf(input) : input;
  return parentOf(folder);
}

export function outputName(input: string, suffix: string, taken: readonly string[]): string {
  const folder = /^dicomdir$/i.test(baseName(input)) ? parentOf(input) : input;
  const stem = niftiStem(folder).replace(/\.(zip|dcm|dicom)$/i, '') || 'limpid';
  return freeName(`${stem}-${suffix}`, taken);
}

/** The name, or with a number the first that is none of `taken`. */
export function freeName(wanted: string, taken: readonly string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}-${i}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}

/**
 * The inputs that a choice of files means, one path each: a job works on one path. Several slices of one folder
 * are that folder.
 */
export function inputsOfFiles(files: readonly string[]): string[] {
  const whole = files.filter((file) => WHOLE.test(file) || /^dicomdir$/i.test(baseName(file)));
  const slices = files.filter((file) => !whole.includes(file));
  const byFolder = new Map<string, string[]>();
  for (const file of slices) {
    const folder = parentOf(file);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), file]);
  }
  const rest = [...byFolder].flatMap(([folder, inside]) => (inside.length === 1 ? inside : [folder]));
  return [...new Set([...whole, ...rest])];
}
