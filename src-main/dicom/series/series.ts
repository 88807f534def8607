import { sha256 } from '../../base/files.js';
import { type Problem, problemOf } from '../../contract/errors.js';
import type { TermName } from '../../contract/words/terms.js';
import type { Trait } from '../../contract/words/traits.js';
import type { Computed } from '../read/computed.js';
import { ENHANCED, TILED } from '../read/frames.js';
import type { Instance } from '../read/instance.js';
import type { Geometry } from './geometry.js';
import type { Slot, Stack } from './group.js';

interface SeriesBase {
  /** First 12 hex digits of the SHA-256 of the series UID and the split key: the same for the same files. */
  readonly id: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  /** What tells this stack from the others of the same Series Instance UID. */
  readonly splitKey: string;
  /** The same for a person, in words; none where it is the only one. */
  readonly traits: readonly Trait[];
  readonly description: string;
  readonly modality: string;
  readonly seriesNumber: number | null;
  /** Slice by slice along the normal; within a slice, frame by frame. */
  readonly instances: readonly Instance[];
  /** Where each of `instances` lies in the volume. */
  readonly slots: readonly Slot[];
  /** Time points, directions or repeats at every position; 1 for a 3D stack. */
  readonly frames: number;
  readonly warnings: readonly Problem[];
  readonly geometry: Geometry;
  /** Slices are not neighbours at even distances: no model may look from one into the next. */
  readonly only2d: boolean;
}

/** A stack of images on one grid. */
export type Series = SeriesBase &
  ({ readonly eligible: true; readonly why: null } | { readonly eligible: false; readonly why: Problem });

const MR_IMAGE = '1.2.840.10008.5.1.4.1.1.4';
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

/**
 * @param traits what tells it from other stacks of its series
 * @param refusal why no stack of this Series Instance UID may be denoised, or null
 * @param notes warnings of all stacks of this Series Instance UID
 */
export function seriesOf(
  stack: Stack,
  traits: readonly Trait[],
  refusal: Problem | null,
  notes: readonly Problem[] = [],
): Series {
  const first = stack.instances[0];
  const { geometry } = stack;
  const why = refusal ?? refusalOf(stack);
  // Some scanners go on saying so of the slices that they unpacked.
  const mosaic = first.part === null && TILED.some((term) => first.imageType.includes(term));
  const flags = [...flagsOf(geometry), ...(mosaic ? (['mosaic'] as const) : [])];
  const base: SeriesBase = {
    id: sha256(`${first.seriesInstanceUid}\0${stack.key}`).slice(0, 12),
    seriesInstanceUid: first.seriesInstanceUid,
    studyInstanceUid: first.studyInstanceUid,
    splitKey: stack.key,
    traits,
    description: first.seriesDescription,
    modality: first.modality,
    seriesNumber: first.seriesNumber,
    instances: stack.instances,
    slots: stack.slots,
    geometry,
    frames: stack.frames,
    warnings: [...notes, ...geometryWarning(flags, why), ...warningsOf(stack)],
    only2d: flags.length > 0,
  };
  return why === null ? { ...base, eligible: true, why } : { ...base, eligible: false, why };
}

function refusalOf(stack: Stack): Problem | null {
  const first = stack.instances[0];
  if (first.sopClassUid !== MR_IMAGE && first.sopClassUid !== CT_IMAGE && !ENHANCED.has(first.sopClassUid))
    return problemOf('E_NOT_ELIGIBLE/modality');
  return formatRefusal(first);
}

function formatRefusal(first: Instance): Problem | null {
  if (first.samplesPerPixel !== 1 || !/^MONOCHROME[12]$/.test(first.photometric))
    return problemOf('E_NOT_ELIGIBLE/colour');
  if (![8, 16, 32].includes(first.bitsAllocated))
    return problemOf('E_NOT_ELIGIBLE/series-bits', { bits: first.bitsAllocated });
  if (first.highBit !== first.bitsStored - 1) return problemOf('E_NOT_ELIGIBLE/alignment');
  if (first.hasModalityLut) return problemOf('E_NOT_ELIGIBLE/lookup');
  const { computedOf } = first;
  if (first.complexPart === 'P' && computedOf !== 'field' && computedOf !== 'velocity') return PHASE;
  return computedRefusal(computedOf);
}

/** What is told of those that are denoised. */
export function computedWarning(computed: Computed | null): Problem[] {
  if (computed === 'difference') return [problemOf('W_COMPUTED/difference')];
  return computed === 'suppressed' ? [problemOf('W_COMPUTED/suppressed')] : [];
}

/** Whether what is left out for this reason is taken where a person named it. */
export function isTakenByName(why: Problem | null): boolean {
  return why?.reason === 'E_NOT_ELIGIBLE/computed' || why?.reason === 'E_NOT_ELIGIBLE/uniform';
}

/**
 * Why what was computed of images is left out; null of images, of differences, which are linear, and of uniform images
 * of MP2RAGE without their background: what is left is as noisy as an image.
 */
export function computedRefusal(computed: Computed | null): Problem | null {
  if (computed === 'field') return problemOf('E_NOT_ELIGIBLE/field');
  if (computed === 'velocity') return problemOf('E_NOT_ELIGIBLE/velocities');
  if (computed === null || computed === 'difference' || computed === 'suppressed') return null;
  if (computed === 'uniform') return problemOf('E_NOT_ELIGIBLE/uniform');
  return problemOf('E_NOT_ELIGIBLE/computed', { computed });
}

/**
 * A series of what was computed of images, taken all the same, since a person named it; its values are signed ones,
 * and their noise is taken for Gaussian. Others, and phases, stay as they are.
 */
export function takenAsNamed(series: Series, named: ReadonlySet<string>): Series {
  const { id, why, instances, warnings } = series;
  if (!isTakenByName(why) || !named.has(id)) return series;
  const { computedOf } = instances[0];
  if (computedOf === null) return series;
  const told = problemOf('W_COMPUTED/named', { computed: computedOf });
  return { ...series, eligible: true, why: null, warnings: [...warnings, told] };
}

/** Of a phase image alone: with its magnitude it is half of a complex image (`pairComplex`). */
export const PHASE: Problem = problemOf('E_NOT_ELIGIBLE/phase-alone');

/** Of volumes that lack slices. */
const MOST_NAMED = 8;

/** That no network of neighbouring slices is used; of what is left out nobody needs to know. */
function geometryWarning(flags: readonly TermName<'geometry'>[], why: Problem | null): Problem[] {
  if (flags.length === 0 || (why !== null && !isTakenByName(why))) return [];
  return [problemOf('W_GEOMETRY/stack', { flags })];
}

function warningsOf(stack: Stack): Problem[] {
  const warnings: Problem[] = [];
  const { geometry, incomplete, instances } = stack;
  if (incomplete.length > 0)
    warnings.push(
      problemOf('W_INCOMPLETE/named-volumes', {
        volumes: incomplete.length,
        named: incomplete.slice(0, MOST_NAMED).map(String),
        more: Math.max(0, incomplete.length - MOST_NAMED),
        images: instances.length,
      }),
    );
  if (geometry.missing.length > 0)
    warnings.push(
      problemOf('W_INCOMPLETE/slices', { missing: geometry.missing.length, slices: geometry.slices }),
    );
  if (stack.instances.some((instance) => instance.derivedByLimpid))
    warnings.push(problemOf('W_ALREADY_DENOISED/product'));
  const oddities = new Set(stack.instances.flatMap((instance) => instance.oddities));
  if (oddities.size > 0)
    warnings.push(problemOf('W_NOT_CONFORMING/series', { oddities: [...oddities].sort() }));
  warnings.push(...computedWarning(instances[0].computedOf));
  if (instances.some((instance) => instance.burnedIn)) warnings.push(problemOf('W_BURNED_IN/text'));
  if (stack.instances.some((instance) => instance.lossy)) warnings.push(problemOf('W_LOSSY_SOURCE/series'));
  return warnings;
}

function flagsOf(geometry: Geometry): TermName<'geometry'>[] {
  const flags: TermName<'geometry'>[] = [];
  if (geometry.duplicates) flags.push('duplicates');
  if (geometry.sliceGap) flags.push('gap');
  if (geometry.uneven) flags.push('uneven');
  if (geometry.directions) flags.push('directions');
  if (geometry.unplaced) flags.push('unplaced');
  if (geometry.tilted) flags.push('tilted');
  return flags;
}
