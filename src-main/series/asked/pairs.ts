import * as path from 'node:path';
import type { StackInput } from '../input.js';
import { niftiStem } from '../nifti/finder.js';

export interface Pair {
  readonly reference: StackInput;
  readonly test: StackInput;
}

/** What the names of derived images end with. */
const SUFFIX = /(_(denoised|simulated)|_desc-(denoised|simulated)_[^_/]+)$/i;
const DESCRIPTION = / ?(DENOISED|SIMULATED)$/i;

/** By what series of two trees are found to be the same, the surest first; '' where a series has no such key. */
const KEYS: readonly ((one: StackInput, root: string) => Promise<string> | string)[] = [
  ({ seriesInstanceUid, id }) => (seriesInstanceUid === null ? '' : `${seriesInstanceUid} ${id}`),
  relativeName,
  (one, root) => (one.modality === 'NIFTI' ? '' : `${path.dirname(relativeName(one, root))} ${gridOf(one)}`),
  described,
];

/**
 * Finds which series of one tree belong to which of another: by Series Instance UID, by their paths (of NIfTI without
 * the suffix of derived files), by their folders, or by study, grid and description. What has more than one counterpart
 * by a key is left to the next one.
 *
 * @returns pairs in the order of the references; what has no counterpart
 */
export async function pairsOf(
  references: readonly StackInput[],
  tests: readonly StackInput[],
  roots: readonly [string, string],
): Promise<{ readonly pairs: readonly Pair[]; readonly alone: readonly StackInput[] }> {
  const found = new Map<StackInput, StackInput>();
  for (const keyOf of KEYS) {
    const taken = new Set(found.values());
    const left = await byKey(
      references.filter((one) => !found.has(one)),
      (one) => keyOf(one, roots[0]),
    );
    const right = await byKey(
      tests.filter((one) => !taken.has(one)),
      (one) => keyOf(one, roots[1]),
    );
    for (const [key, [reference, ...others]] of left) {
      const [test, ...more] = right.get(key) ?? [];
      if (others.length === 0 && test !== undefined && more.length === 0) found.set(reference, test);
    }
  }
  return {
    pairs: references.flatMap((reference) => {
      const test = found.get(reference);
      return test === undefined ? [] : [{ reference, test }];
    }),
    alone: references.filter((one) => !found.has(one)),
  };
}

async function byKey(
  stacks: readonly StackInput[],
  keyOf: (one: StackInput) => Promise<string> | string,
): Promise<Map<string, StackInput[]>> {
  const groups = new Map<string, StackInput[]>();
  for (const one of stacks) {
    const key = await keyOf(one);
    if (key === '') continue;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

/** Of NIfTI the path in its tree, of DICOM that of its first file. */
function relativeName({ modality, forPerson }: StackInput, root: string): string {
  const [place] = forPerson.places;
  const relative = path.relative(path.resolve(root), path.resolve(place)).split(path.sep).join('/');
  return modality === 'NIFTI' ? niftiStem(relative).replace(SUFFIX, '') : relative;
}

function gridOf({ grid }: StackInput): string {
  return [grid.columns, grid.rows, grid.slices, grid.frames].join('x');
}

async function described(one: StackInput): Promise<string> {
  // A series without attributes is described by nothing, and pairs with none by its description.
  const valuesOf = await one.attributes().catch(() => () => []);
  const text = ['StudyInstanceUID', 'EchoTime', 'SeriesDescription'].map((name) => valuesOf(name).join(' '));
  if (text[0] === '') return '';
  return [gridOf(one), ...text].join('|').replace(DESCRIPTION, '');
}
