import type { Problem } from '../../contract/errors.js';
import { problemOf } from '../../contract/errors.js';
import { complexPartOfType } from '../../dicom/read/complex-part.js';
import { type Computed, computedOf } from '../../dicom/read/computed.js';
import { computedRefusal, computedWarning, isTakenByName } from '../../dicom/series/series.js';
import { type FoundNifti, niftiStem } from './finder.js';

/** What a NIfTI image is besides a picture of a signal. */
export interface NiftiContent {
  /** What it was computed to; null of one that shows a signal. */
  readonly computed: Computed | null;
  /** Why it is left out; null where it can be processed. */
  readonly why: Problem | null;
  readonly warnings: readonly Problem[];
}

/**
 * What the values of an image mean: by the intent code of its header, by the JSON beside it (dcm2niix, BIDS: Image
 * Type, units), and by its name.
 *
 * @param isNamed whether a person named its series, so that what was computed of images is taken too
 */
export async function contentOf(
  found: Pick<FoundNifti, 'facts' | 'relative' | 'sidecars' | 'inherited'>,
  isNamed: boolean,
): Promise<NiftiContent> {
  const told = await toldBeside(found);
  const name = nameOf(found.relative);
  const computed =
    INTENTS.find(([codes]) => codes(found.facts.intent))?.[1] ?? told.computed ?? computedByName(name);
  const isPhase = !found.facts.isComplex && (told.isPhase || PHASE_NAME.test(name));
  const taken: NiftiContent = { computed, why: null, warnings: [] };
  if (isPhase && computed !== 'field' && computed !== 'velocity')
    return { ...taken, why: problemOf('E_NOT_ELIGIBLE/phase-image') };
  const why = computedRefusal(computed);
  if (computed === null || !isNamed || !isTakenByName(why))
    return { ...taken, why, warnings: computedWarning(computed) };
  return { ...taken, warnings: [problemOf('W_COMPUTED/named', { computed })] };
}

/** Intent codes of nifti1.h, and FSL's own; of a time series, 2001, and of a shape nothing follows. */
const INTENTS: readonly (readonly [(code: number) => boolean, Computed])[] = [
  [(code) => code >= 2 && code <= 24, 'statistic'],
  [(code) => code === 1001, 'quantity'],
  [(code) => code === 1002 || code === 1003, 'labels'],
  [(code) => code >= 1004 && code <= 1010, 'vector'],
  [(code) => code >= 2003 && code <= 2004, 'vector'],
  [(code) => code >= 2006 && code <= 2016, 'vector'],
  [(code) => code === 2017, 'field'],
];

/** More bytes are no description of an image. */
const MOST_JSON_BYTES = 1 << 20;

/** By the JSON beside an image, and what it inherits, the nearest first. */
async function toldBeside({
  sidecars,
  inherited,
}: Pick<FoundNifti, 'sidecars' | 'inherited'>): Promise<{ computed: Computed | null; isPhase: boolean }> {
  let facts = {};
  for (const beside of [...inherited, ...sidecars]) {
    if (beside.kind !== 'json' || beside.size > MOST_JSON_BYTES) continue;
    // What cannot be read tells nothing of the image; copying it beside the output tells why.
    const bytes = await beside.read().catch(() => null);
    facts = { ...facts, ...(bytes === null ? {} : factsIn(bytes)) };
  }
  const told = new Map<string, unknown>(Object.entries(facts));
  const imageType = textsOf(told.get('ImageType') ?? told.get('ImageTypeText'));
  const complexPart = complexPartOfType(imageType);
  const computed = computedOf({
    imageType,
    complexPart,
    units: textsOf(told.get('Units')),
    quantities: [],
    description: textsOf(told.get('SeriesDescription'))[0] ?? '',
    sequence: textsOf(told.get('SequenceName'))[0] ?? '',
    isFlow: false,
  });
  return { computed, isPhase: complexPart === 'P' };
}

function factsIn(bytes: Uint8Array): object {
  try {
    const told: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof told === 'object' && told !== null && !Array.isArray(told) ? told : {};
  } catch {
    // What is no JSON tells nothing of the image.
    return {};
  }
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}

function nameOf(relative: string): string {
  return niftiStem(relative.slice(relative.lastIndexOf('/') + 1));
}

const END = '(^|[ _.-])';

/** Suffixes of BIDS, and what FSL, SPM, FreeSurfer and converters call what they compute, at the end of a name. */
const BY_NAME: readonly (readonly [Computed, RegExp])[] = [
  ['time', new RegExp(`${END}(T1|T2|T2star|R1|R2|R2star|T1rho|PDT2)[ _-]?map$`, 'i')],
  ['susceptibility', new RegExp(`${END}(chi[ _-]?map|qsm)$`, 'i')],
  ['field', new RegExp(`${END}(([TR]?B[01]|field)[ _-]?map|fieldmaphz|phasediff)$`, 'i')],
  ['fraction', new RegExp(`${END}((MWF|FF|PDFF)[ _-]?(map)?|fat[ _-]?fraction)$`, 'i')],
  ['suppressed', /(rec|desc)-(den|denoised)_([a-z]+-[a-z0-9]+_)*UNIT1$/i],
  ['suppressed', new RegExp(`${END}UNI[_-]?DEN(oised)?$`, 'i')],
  ['uniform', new RegExp(`${END}(UNIT1|UNI(_Images)?)$`)],
  ['ratio', new RegExp(`${END}MTR([ _-]?map)?$`)],
  ['perfusion', new RegExp(`${END}r?(cbf|cbv|mtt|tmax|ktrans)([ _-]?map)?$`, 'i')],
  ['diffusion', new RegExp(`${END}e?ADC(map)?$`)],
  ['diffusion', new RegExp(`${END}(FA|MD)$`)],
  ['diffusion', new RegExp(`${END}(dti|dki|tensor|dtifit)[ _-](AD|RD|MO|L[123]|AK|MK|RK)$`, 'i')],
  ['vector', new RegExp(`${END}(dti|tensor|dtifit)[ _-](V[123]|tensor)$`, 'i')],
  ['vector', new RegExp(`${END}(xfm|warp|warpfield|disp(lacement)?|deformation)$`, 'i')],
  ['labels', new RegExp(`${END}([dc]seg|seg|segmentation|mask|labels?|pveseg|mixeltype)$`, 'i')],
  ['labels', /^(aseg|wmparc|ribbon|aparc(\.[a-z0-9]+)?\+aseg)$/i],
  ['probability', new RegExp(`${END}(probseg|pve_\\d|prob(abilit(y|ies))?)$`, 'i')],
  ['statistic', /^(thresh_)?([ztf]stat|zfstat|cope|varcope|pe)\d+$/],
  ['statistic', /^(spm[TF]|con|beta|ess)_\d{4}$|^(ResMS|RPV)$/],
  ['statistic', new RegExp(`${END}([ztfp]?[ _-]?stat([ _-]?map)?|[ztp][ _-]?map|tsnr)$`, 'i')],
  ['quantity', new RegExp(`${END}((S0|M0|PD|MTV|MT|stat|param)[ _-]?map|MTsat)$`, 'i')],
];

function computedByName(name: string): Computed | null {
  return BY_NAME.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

/** BIDS and dcm2niix. */
const PHASE_NAME = /(^|_)part-phase(_|$)|_(ph|phase[12]?)$/;
