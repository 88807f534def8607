import { fault, LimpidError, type Problem, problemFrom, problemOf } from '../../contract/errors.js';
import { type LabelMask, openLabelMasks } from '../../series/asked/label-mask.js';
import type { Labelled, SegmentWork, StackToSegment } from './work.js';

/** Series with labels, and why others have none. */
export interface FoundLabelled {
  readonly labelled: readonly Labelled[];
  readonly without: ReadonlyMap<StackToSegment, Problem>;
}

/**
 * The labels of each series: masks are told apart by the voxels that they lie on.
 *
 * @throws LimpidError E_LABELS where masks are none, or lie on no series or on several; as `openLabelMasks`
 */
export async function findLabels(
  work: SegmentWork,
  stacks: readonly StackToSegment[],
): Promise<FoundLabelled> {
  const masks: LabelMask[] = [];
  for (const file of work.request.labels) masks.push(...(await openLabelMasks(file)));
  const taken = new Map<LabelMask, number>();
  const labelled: Labelled[] = [];
  const without = new Map<StackToSegment, Problem>();
  const refusals: unknown[] = [];
  for (const of of stacks) {
    const found = await labelsOf(work, of, masks, refusals).catch((error) => {
      // A series that cannot be read stops no other: its reason is told with it.
      if (!(error instanceof LimpidError) || error.code === 'E_LABELS') throw error;
      without.set(of, problemFrom(error));
      refusals.push(error);
      return null;
    });
    if (found === null) {
      if (!without.has(of)) without.set(of, problemOf('W_SKIPPED/unlabelled'));
      continue;
    }
    taken.set(found.mask, (taken.get(found.mask) ?? 0) + 1);
    labelled.push(found.labelled);
  }
  const most = Math.max(0, ...taken.values());
  if (most > 1) throw fault('E_LABELS/mask-several', { series: most });
  if (labelled.length === 0) throw refusals[0] ?? fault('E_LABELS/mask-empty');
  return { labelled, without };
}

async function labelsOf(
  work: SegmentWork,
  of: StackToSegment,
  masks: readonly LabelMask[],
  refusals: unknown[],
): Promise<{ readonly mask: LabelMask; readonly labelled: Labelled } | null> {
  const { volume } = await work.load(of);
  let result: { readonly mask: LabelMask; readonly labelled: Labelled } | null = null;
  for (const mask of masks) {
    try {
      const found = mask.on(volume, of.stack.slicePositions);
      if (result !== null) throw fault('E_LABELS/mask-twice');
      if (found.outside > 0) of.warn(problemOf('W_SKIPPED/mask-frames', { frames: found.outside }));
      if (found.overlaps > 0) of.warn(problemOf('W_SKIPPED/mask-overlap', { pixels: found.overlaps }));
      const area = volume.rows * volume.columns;
      const labels = numbered(found.labels, area, volume.measured, work.request.background);
      result = { mask, labelled: { of, area, labels, classes: mask.classes } };
    } catch (error) {
      if (!(error instanceof LimpidError) || error.reason === 'E_LABELS/mask-twice') throw error;
      refusals.push(error);
    }
  }
  return result;
}

/** Number of a class and 1; 0 where nothing is known: without a label, unless that is background, and where nothing was measured. */
function numbered(
  labels: Uint8Array,
  area: number,
  measured: Uint8Array | null,
  background: boolean,
): Uint16Array {
  const out = new Uint16Array(labels.length);
  for (let from = 0; from < labels.length; from += area) {
    const isMarked = labels.subarray(from, from + area).some((label) => label > 0);
    for (let i = from; i < from + area; i++) {
      if (measured !== null && measured[i] === 0) continue;
      if (labels[i] > 0 || (background && isMarked)) out[i] = labels[i] + 1;
    }
  }
  return out;
}
