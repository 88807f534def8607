import type { TagEntry } from '../../../src-main/contract/viewing.js';
import type { AppBridge } from '../../../src-main/contract/window/app.js';
import type { ShownPlane } from '../session/scene.js';

/** Where the file of a plane is asked for. */
function indexOf({ card, slice }: ShownPlane, frame: number): number {
  return (card.frames > frame ? frame : 0) * card.slices + slice;
}

/**
 * The elements of the file that holds a plane; none for an image that is no DICOM.
 *
 * @throws where the app cannot be reached, or the file cannot be read any more
 */
export async function tagsOf(
  bridge: AppBridge,
  plane: ShownPlane,
  frame: number,
): Promise<readonly TagEntry[]> {
  const address = bridge.resourceUrl({ kind: 'tags', series: plane.card.key, index: indexOf(plane, frame) });
  const response = await fetch(address);
  if (!response.ok) throw new Error(`tags: ${response.status}`);
  const entries: readonly TagEntry[] = await response.json();
  return entries;
}

/** An element of two files, at the same place in both. */
export interface TagRow {
  readonly path: string;
  readonly tag: string;
  readonly depth: number;
  readonly vr: string;
  readonly name: string;
  /** null: the file has none. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Elements of a source and of what was derived from it, side by side, in the order of their tags. */
export function paired(before: readonly TagEntry[], after: readonly TagEntry[] | null): readonly TagRow[] {
  const later = new Map((after ?? []).map((entry) => [entry.path, entry.value]));
  const rows = before.map((entry) => ({
    ...entry,
    before: entry.value,
    after: later.get(entry.path) ?? null,
  }));
  const known = new Set(before.map(({ path }) => path));
  const added = (after ?? [])
    .filter(({ path }) => !known.has(path))
    .map((entry) => ({ ...entry, before: null, after: entry.value }));
  return [...rows, ...added].sort((a, b) => comparePaths(a.path, b.path));
}

/** Elements by tag, items by number: '00081115/10/...' after '00081115/9/...', and a sequence before what it holds. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    return i % 2 === 1 ? Number(left[i]) - Number(right[i]) : left[i] < right[i] ? -1 : 1;
  }
  return left.length - right.length;
}
