import { fault, type LimpidError } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';
import {
  asciiValue,
  type Element,
  type ElementFile,
  findElement,
  sequenceItems,
  tagName,
  walkElements,
} from '../elements/elements.js';
import { ACQUIRED, UNASSIGNED_SHARED } from './derive-acquired.js';
import { FRAMES_CHANGED, GROUPS_CHANGED } from './derive-frames.js';
import { type FileDerivation, isDropped } from './derive-parts.js';
import { toLittleEndian } from './transcode.js';

/** What a derived image may change or add; every other element equals its source byte for byte. */
const CHANGED: ReadonlySet<number> = new Set([
  0x00080008, 0x00080012, 0x00080013, 0x00080014, 0x00080018, 0x00080021, 0x00080023, 0x00080031, 0x00080033,
  0x0008103e, 0x00082111, 0x00082112, 0x00089215, 0x0018a001, 0x0020000e, 0x00200011, 0x00280106, 0x00280107,
  0x00282110, 0x00282112, 0x00282114, 0x7fe00010,
]);

/**
 * Reads a derived file again and compares it with its source, before anyone else sees it: untouched elements are
 * equal byte for byte, nothing is missing, nothing unexpected is new, tags ascend, UIDs are those asked for.
 *
 * @throws LimpidError E_INTERNAL where it is not so; what walkElements throws.
 */
export function verifyWritten(source: Uint8Array, written: Uint8Array, derivation: FileDerivation): void {
  const from = toLittleEndian(walkElements(source));
  const to = walkElements(written);
  verifyElements(from, to, derivation, CHANGED);
}

const CHANGED_OF_FRAMES: ReadonlySet<number> = new Set([...CHANGED, ...FRAMES_CHANGED]);

/** As `verifyWritten`, of an image of many frames: in the functional groups, only what is told of a derivation changed. */
export function verifyFrames(source: Uint8Array, written: Uint8Array, derivation: FileDerivation): void {
  const from = toLittleEndian(walkElements(source));
  const to = walkElements(written);
  verifyElements(from, to, derivation, CHANGED_OF_FRAMES);
  for (const element of from.elements.filter(({ tag }) => ACQUIRED.includes(tag))) {
    const now = findElement(to.elements, element.tag) ?? movedElement(to, element.tag);
    if (now === undefined || !sameBytes(from, element, to, now)) throw differs(element.tag);
  }
  for (const sequence of [0x52009229, 0x52009230]) {
    const [before, after] = [from, to].map((file) => {
      const element = findElement(file.elements, sequence);
      return element === undefined ? [] : sequenceItems(file.bytes, file, element);
    });
    if (before.length !== after.length) throw broken('group-count');
    before.forEach((item, i) => {
      const [old, now] = [item, after[i]].map(({ elements }) =>
        elements.filter(({ tag }) => !GROUPS_CHANGED.includes(tag)),
      );
      if (old.length !== now.length) throw fault('E_INTERNAL/derived-groups', { frame: i + 1 });
      old.forEach((element, k) => {
        if (!sameBytes(from, element, to, now[k]))
          throw fault('E_INTERNAL/derived-frame', { element: tagName(element.tag), frame: i + 1 });
      });
    });
  }
}

/** Of the top level of the source, where it is in the shared groups now. */
function movedElement(file: ElementFile, tag: number): Element | undefined {
  const within = (sequence: Element | undefined) =>
    sequence === undefined ? undefined : sequenceItems(file.bytes, file, sequence).at(0)?.elements;
  const shared = within(findElement(file.elements, 0x52009229)) ?? [];
  return findElement(within(findElement(shared, UNASSIGNED_SHARED)) ?? [], tag);
}

function verifyElements(
  from: ElementFile,
  to: ElementFile,
  derivation: FileDerivation,
  changed: ReadonlySet<number>,
): void {
  const expected = from.elements.filter(
    ({ tag }) => !changed.has(tag) && !isDropped(tag, derivation.dropPrivate),
  );
  const kept = to.elements.filter(({ tag }) => !changed.has(tag));
  // A source out of order is written in order, so the tags are compared sorted.
  const ordered = [...expected].sort((a, b) => a.tag - b.tag);
  if (kept.length !== ordered.length) throw broken('element-count');
  kept.forEach((element, i) => {
    if (!sameBytes(from, ordered[i], to, element)) throw differs(ordered[i].tag);
  });
  requireAscending(to.elements);
  requireUid(to, to.elements, 0x00080018, derivation.sopInstanceUid);
  requireUid(to, to.elements, 0x0020000e, derivation.seriesInstanceUid);
  const meta = asciiValue(to.bytes, findElement(to.meta, 0x00020003));
  if (meta !== derivation.sopInstanceUid) throw broken('meta');
}

function sameBytes(from: ElementFile, a: Element, to: ElementFile, b: Element): boolean {
  return (
    Buffer.compare(from.bytes.subarray(a.start, a.end), to.bytes.subarray(b.start, b.end)) === 0 &&
    from.implicitVr === to.implicitVr
  );
}

function requireAscending(elements: readonly Element[]): void {
  for (let i = 1; i < elements.length; i++) if (elements[i].tag <= elements[i - 1].tag) throw broken('order');
}

function requireUid(file: ElementFile, elements: readonly Element[], tag: number, uid: string): void {
  if (asciiValue(file.bytes, findElement(elements, tag)) !== uid) throw differs(tag);
}

function differs(tag: number): LimpidError {
  return fault('E_INTERNAL/derived-element', { element: tagName(tag) });
}

function broken(what: TermName<'derived'>): LimpidError {
  return fault('E_INTERNAL/derived', { what });
}
