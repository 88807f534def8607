import { sha256 } from '../../base/files.js';
import { type Problem, problemOf } from '../../contract/errors.js';
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
 * @param refusal why no stack of this Series Instance UID may be denoised, or null
 * @param notes warnings of all stacks of this Series Instance UID
 */
export function seriesOf(stack: Stack, refusal: Problem | null, notes: readonly Problem[] = []): Series {
  const first = stack.instances[0];
  const { geometry } = stack;
  // Some scanners go on saying so of the slices that they unpacked.
  const mosaic = first.part === null && TILED.some((term) => first.imageType.includes(term));
  const base: SeriesBase = {
    id: sha256(`${first.seriesInstanceUid}\0${stack.key}`).slice(0, 12),
    seriesInstanceUid: first.seriesInstanceUid,
    studyInstanceUid: first.studyInstanceUid,
    splitKey: stack.key,
    description: first.seriesDescription,
    modality: first.modality,
    seriesNumber: first.seriesNumber,
    instances: stack.instances,
    slots: stack.slots,
    geometry,
    frames: stack.frames,
    warnings: [...notes, ...warningsOf(stack, mosaic)],
    only2d: mosaic || flagsOf(geometry).length > 0,
  };
  const why = refusal ?? refusalOf(stack);
  return why === null ? { ...base, eligible: true, why } : { ...base, eligible: false, why };
}

function refusalOf(stack: Stack): Problem | null {
  const first = stack.instances[0];
  if (first.sopClassUid !== MR_IMAGE && first.sopClassUid !== CT_IMAGE && !ENHANCED.has(first.sopClassUid))
    return notEligible('Only MR and CT images are denoised.', 'Nothing to do: the series is left out.');
  return formatRefusal(first);
}

function formatRefusal(first: Instance): Problem | null {
  const leftOut = 'Nothing to do: the series is left out.';
  if (first.samplesPerPixel !== 1 || !/^MONOCHROME[12]$/.test(first.photometric))
    return notEligible('Colour images are not denoised.', leftOut);
  if (![8, 16, 32].includes(first.bitsAllocated))
    return notEligible(`Images with ${first.bitsAllocated} bits per pixel are not denoised.`, leftOut);
  if (first.highBit !== first.bitsStored - 1)
    return notEligible(
      'The pixel bits are not right aligned.',
      'Export the series again, in a current format.',
    );
  if (first.hasModalityLut)
    return notEligible('The values go through a lookup table that has no inverse.', leftOut);
  if (first.computedOf === 'field')
    return notEligible('A map of the field is computed of several images, and is none itself.', leftOut);
  if (first.complexPart === 'P')
    return first.computedOf === null
      ? PHASE
      : notEligible('A map of velocities is computed of several images, and is none itself.', leftOut);
  return null;
}

/** Of a phase image alone: with its magnitude it is half of a complex image (`pairComplex`). */
export const PHASE: Problem = notEligible(
  'Phase images wrap around: they are only denoised together with their magnitude images.',
  'Give the magnitude images of the same acquisition too; where they are there, nothing is to be done.',
);

function warningsOf(stack: Stack, mosaic: boolean): Problem[] {
  const warnings: Problem[] = [];
  const { geometry, incomplete, instances } = stack;
  if (incomplete > 0)
    warnings.push({
      code: 'W_INCOMPLETE',
      message: incompleteText(incomplete, instances.length),
      remedy: 'Nothing to do where the scan was stopped early; else export the series again.',
    });
  if (geometry.missing.length > 0)
    warnings.push({
      code: 'W_INCOMPLETE',
      message: `${plural(geometry.missing.length, 'slice')} of an even stack of ${geometry.slices} ${geometry.missing.length === 1 ? 'is' : 'are'} missing.`,
      remedy: 'The others are denoised as the stack they are; export the series again to have all.',
    });
  const flags = [...flagsOf(geometry), ...(mosaic ? ['a mosaic of slices, whose number is not stated'] : [])];
  if (flags.length > 0)
    warnings.push({
      code: 'W_GEOMETRY',
      message: `The slices are not an even stack: ${flags.join(', ')}.`,
      remedy: 'Slices are denoised one by one, without their neighbours.',
    });
  if (stack.instances.some((instance) => instance.derivedByLimpid))
    warnings.push(problemOf('W_ALREADY_DENOISED/product'));
  const oddities = new Set(stack.instances.flatMap((instance) => instance.oddities));
  if (oddities.size > 0)
    warnings.push({
      code: 'W_NOT_CONFORMING',
      message: `Files of the series break rules of DICOM: ${[...oddities].sort().join(', ')}.`,
      remedy: 'They are read, as what they mean is certain; tell whoever wrote them.',
    });
  if (stack.instances.some((instance) => instance.lossy)) warnings.push(problemOf('W_LOSSY_SOURCE/series'));
  return warnings;
}

function flagsOf(geometry: Geometry): string[] {
  const flags: string[] = [];
  if (geometry.duplicates) flags.push('several images at one position');
  if (geometry.sliceGap) flags.push('a gap');
  if (geometry.uneven) flags.push('uneven distances');
  if (geometry.directions) flags.push('slices in different directions');
  if (geometry.unplaced) flags.push('position, orientation or pixel spacing is missing or impossible');
  if (geometry.tilted) flags.push('slices shifted in plane (gantry tilt)');
  return flags;
}

function notEligible(message: string, remedy: string): Problem {
  return { code: 'E_NOT_ELIGIBLE', message, remedy };
}

function incompleteText(volumes: number, images: number): string {
  const lack = volumes === 1 ? 'lacks' : 'lack';
  const are = images === 1 ? 'is' : 'are';
  return `${plural(volumes, 'volume')} of the series ${lack} slices. What is there of ${volumes === 1 ? 'it' : 'them'}, ${plural(images, 'image')}, ${are} denoised apart from the whole volumes.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
