import * as path from 'node:path';
import { type Problem, problemFrom, problemOf } from '../../contract/errors.js';
import type { SourceFile } from '../../dicom/files/source.js';
import { isNiftiStart, type NiftiFacts, readNiftiFacts } from '../../imaging/nifti-start.js';

const HEADER = /\.hdr(\.gz)?$/i;
const PIXELS = /\.img(\.gz)?$/i;
const ENDING = /\.(nii|hdr|img)(\.gz)?$/i;

/** NIfTI files that are named are told by their names: their content need not have a mark at its start. */
export function isNiftiName(file: string): boolean {
  return ENDING.test(file);
}

/** The name of a NIfTI file without its ending; outputs and what lies beside it are called by it. */
export function niftiStem(file: string): string {
  return file.replace(ENDING, '');
}

/** What is copied beside the output of an image: gradients of diffusion, and what a converter knew of it. */
export const SIDECAR_KINDS = ['bval', 'bvec', 'json'] as const;
type SidecarKind = (typeof SIDECAR_KINDS)[number];

/** A file that belongs to an image of the same name. */
export interface Sidecar {
  readonly kind: SidecarKind;
  /** Bytes. */
  readonly size: number;
  read(): Promise<Uint8Array>;
}

/** A NIfTI image of a source: one file, or a pair. */
export interface FoundNifti {
  /** Of the path inside the source: the same wherever the source lies. Safe for logs. */
  readonly id: string;
  /** Path inside the source, parts joined by `/`: for the names of outputs, never logged. */
  readonly relative: string;
  /** For the person at the screen: never logged. */
  readonly place: string;
  /** What its header says. */
  readonly facts: NiftiFacts;
  readonly sidecars: readonly Sidecar[];
  /** What folders above tell of several images (BIDS: the inheritance principle), the nearest last. */
  readonly inherited: readonly Sidecar[];
  read(): Promise<NiftiFiles>;
}

/** The bytes of an image: of one file, or of a header and its pixels. */
export interface NiftiFiles {
  readonly header: Uint8Array;
  readonly pixels?: Uint8Array;
}

interface Claimed {
  readonly file: SourceFile;
  readonly facts: NiftiFacts;
}

/**
 * Picks NIfTI images out of the files of a source while these are scanned: by their names, single files without such
 * a name by their content. Files with such names that are DICOM stay with the scan.
 */
export class NiftiFinder {
  readonly #heads: Claimed[] = [];
  readonly #pixels = new Map<string, SourceFile>();
  readonly #sidecars = new Map<string, SourceFile>();
  readonly #folders = new Map<string, NamedSidecar[]>();
  readonly #problems: Problem[] = [];

  /**
   * Whether the file is one of NIfTI; then the scan leaves it out.
   *
   * @param bytes its beginning, or all of it
   * @param isDicom whether it was read as an image
   */
  take(file: SourceFile, bytes: Uint8Array, isDicom: boolean): boolean {
    const name = path.basename(file.place);
    const sidecar = sidecarOf(name);
    if (sidecar !== null) {
      this.#sidecars.set(keyOf(file, sidecar.stem, sidecar.kind), file);
      const folder = path.dirname(file.place);
      const known = this.#folders.get(folder) ?? [];
      known.push({ ...sidecar, file });
      this.#folders.set(folder, known);
    }
    if (isDicom || sidecar !== null || isDicomStart(bytes)) return false;
    if (PIXELS.test(name)) {
      this.#pixels.set(keyOf(file, niftiStem(name)), file);
      return true;
    }
    if (!ENDING.test(name) && !isNiftiStart(bytes)) return false;
    try {
      this.#heads.push({ file, facts: readNiftiFacts(bytes) });
    } catch (error) {
      this.#problems.push(problemFrom(error, file.place));
      // Its pixels are not told of again.
      this.#pixels.delete(keyOf(file, niftiStem(name)));
      this.#refused.add(keyOf(file, niftiStem(name)));
    }
    return true;
  }
  readonly #refused = new Set<string>();

  /** All that was found, in the order of their names, and files that cannot be used. */
  all(): { readonly images: readonly FoundNifti[]; readonly problems: readonly Problem[] } {
    const pixels = new Map(this.#pixels);
    const problems = [...this.#problems];
    const images: FoundNifti[] = [];
    const folders = this.#shared();
    for (const head of this.#heads) {
      const key = keyOf(head.file, niftiStem(path.basename(head.file.place)));
      const own = HEADER.test(head.file.place) ? pixels.get(key) : undefined;
      if (own !== undefined) pixels.delete(key);
      if (head.facts.isPair && own === undefined) problems.push(alone(head.file, '.hdr', '.img'));
      else images.push(this.#found(head, own, key, folders));
    }
    for (const [key, file] of pixels) if (!this.#refused.has(key)) problems.push(alone(file, '.img', '.hdr'));
    return { images, problems };
  }

  /** Sidecars by folder that no image has for itself. */
  #shared(): ReadonlyMap<string, readonly NamedSidecar[]> {
    const own = new Set(this.#heads.map(({ file }) => keyOf(file, niftiStem(path.basename(file.place)))));
    return new Map(
      [...this.#folders].map(([folder, those]) => [
        folder,
        those.filter(({ file, stem }) => !own.has(keyOf(file, stem))),
      ]),
    );
  }

  #found(
    { file, facts }: Claimed,
    pixels: SourceFile | undefined,
    key: string,
    folders: ReadonlyMap<string, readonly NamedSidecar[]>,
  ): FoundNifti {
    const sidecars = SIDECAR_KINDS.flatMap((kind) => {
      const beside = this.#sidecars.get(`${key}\0${kind}`);
      return beside === undefined ? [] : [{ kind, size: beside.size, read: beside.read }];
    });
    return {
      id: `nifti-${file.id.slice(0, 12)}`,
      relative: file.relative,
      place: file.place,
      facts,
      sidecars,
      inherited: inheritedBy(file, folders),
      read: async () =>
        pixels === undefined
          ? { header: await file.read() }
          : { header: await file.read(), pixels: await pixels.read() },
    };
  }
}

interface NamedSidecar {
  readonly file: SourceFile;
  readonly stem: string;
  readonly kind: SidecarKind;
}

/** The sidecars of folders above an image, and of its own, that BIDS lets it have: from the top down. */
function inheritedBy(image: SourceFile, folders: ReadonlyMap<string, readonly NamedSidecar[]>): Sidecar[] {
  const name = bidsName(niftiStem(path.basename(image.place)));
  if (name === null || !name.entities.some((entity) => entity.startsWith('sub-'))) return [];
  const found: Sidecar[] = [];
  for (let folder = path.dirname(image.place); ; folder = path.dirname(folder)) {
    const those = (folders.get(folder) ?? []).filter(({ stem }) => {
      const other = bidsName(stem);
      return (
        other?.suffix === name.suffix && other.entities.every((entity) => name.entities.includes(entity))
      );
    });
    // In one folder that with the most in common is the nearest.
    those.sort((a, b) => b.stem.split('_').length - a.stem.split('_').length);
    found.unshift(...those.map(({ kind, file }) => ({ kind, size: file.size, read: file.read })).reverse());
    if (folder === path.dirname(folder)) return found;
  }
}

/** The parts of a name by BIDS: entities like sub-1, and the suffix; null for other names. */
function bidsName(stem: string): { readonly entities: readonly string[]; readonly suffix: string } | null {
  const entities = stem.split('_');
  const suffix = entities.pop() ?? '';
  const isOne =
    /^[a-z0-9]+$/i.test(suffix) && entities.every((entity) => /^[a-z]+-[a-z0-9+]+$/i.test(entity));
  return isOne ? { entities, suffix } : null;
}

/** What an image has of a kind: its own, else the nearest that it inherits. */
export function nearestSidecar(
  { sidecars, inherited }: Pick<FoundNifti, 'sidecars' | 'inherited'>,
  kind: SidecarKind,
): Sidecar | undefined {
  return sidecars.find((one) => one.kind === kind) ?? inherited.findLast((one) => one.kind === kind);
}

/** More bytes are no list of b-values. */
const MOST_BVAL_BYTES = 1 << 20;

/**
 * The b-value of each frame, s/mm2, by the .bval file beside an image (FSL: numbers parted by blanks or lines); null
 * where there is none, or it has another number of values.
 */
export async function bValuesOf(
  found: Pick<FoundNifti, 'sidecars' | 'inherited' | 'facts'>,
): Promise<number[] | null> {
  const beside = nearestSidecar(found, 'bval');
  if (beside === undefined || beside.size > MOST_BVAL_BYTES) return null;
  // What cannot be read tells no b-values; copying it beside the output tells why.
  const bytes = await beside.read().catch(() => null);
  if (bytes === null) return null;
  const words = Buffer.from(bytes).toString('latin1').split(/\s+/);
  const values = words.filter((word) => word !== '').map(Number);
  const fits =
    values.length === found.facts.frames && values.every((value) => value >= 0 && Number.isFinite(value));
  return fits ? values : null;
}

/** A damaged DICOM file, whatever it is called, has its own code. */
function isDicomStart(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
}

/** `x.bval` belongs to `x`; some tools write `x.bvals`. */
function sidecarOf(name: string): { readonly stem: string; readonly kind: SidecarKind } | null {
  const match = /^(.+)\.(bval|bvec|json)s?$/i.exec(name);
  const kind = SIDECAR_KINDS.find((known) => known === match?.[2].toLowerCase());
  return match === null || kind === undefined ? null : { stem: match[1], kind };
}

/** The same for the files of one image. */
function keyOf(file: SourceFile, stem: string, kind?: SidecarKind): string {
  const key = path.join(path.dirname(file.place), stem);
  return kind === undefined ? key : `${key}\0${kind}`;
}

function alone(file: SourceFile, there: string, missing: string): Problem {
  return problemOf('E_NIFTI/alone', { there, missing }, file.place);
}
