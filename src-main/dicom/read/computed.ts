import type { Attributes } from '../elements/attributes.js';
import { privateTags } from '../elements/private.js';

/**
 * What an image that is no picture of a signal was computed to: a quantity of the tissue, or a choice among the values
 * of several images. Of all but a difference the noise follows none of the laws that hold of images as acquired.
 */
export type Computed =
  | 'field'
  | 'velocity'
  | 'diffusion'
  | 'time'
  | 'perfusion'
  | 'fraction'
  | 'statistic'
  | 'ratio'
  | 'uniform'
  | 'suppressed'
  | 'stiffness'
  | 'susceptibility'
  | 'temperature'
  | 'material'
  | 'projection'
  | 'quantity'
  | 'labels'
  | 'probability'
  | 'vector'
  | 'difference';

type Rules = readonly (readonly [Computed, RegExp])[];

/**
 * Values of Image Type and Frame Type from the third on: the standard's (PS3.3 C.8.13.3.1, C.8.15.3.10, C.8.16.1) and
 * those of vendors, who write them with spaces, underlines or neither. The first that fits counts.
 */
const BY_TYPE: Rules = [
  ['field', /^(FIELD MAP|B[01]( MAP)?|FREQ(UENCY)?( MAP)?|PHASE DIFF(ERENCE)?)$/],
  ['velocity', /^VELOCITY MAP$/],
  ['diffusion', /^(E?ADC( (MAP|UNSPECIFIED))?|FRACTIONAL ANISO(TROPY)?|DIFFUSION ANISO|COLFA|KURTOSIS)$/],
  ['time', /^((T1|T2|T2 ?\*|T2 STAR|T1 ?RHO) MAP|R[12]( ?\*| STAR)?( MAP)?|(REL)?R?(MTT|TTP|TMAX))$/],
  ['perfusion', /^((REL)?R?CB[FV]|KTRANS|KEP|I?AUC|GBP|PBP)$/],
  ['fraction', /^((FAT|WATER) ?(FRACTION|PERCENT(AGE)?)|PD ?FF|FF|MAT FRACTIONAL)( MAP)?$/],
  ['statistic', /^(T ?TEST|T MAP|Z ?SCORE|STD ?DEV(IATION)?|STANDARD DEVIATION|VARIANCE|R COEFFICIENT|GLM)$/],
  ['suppressed', /^UNI ?DEN(OISED)?$/],
  ['uniform', /^UNI$/],
  ['ratio', /^DIVISION$/],
  ['stiffness', /^(STIFFNESS|ELASTOGRAM)( MAP)?$/],
  ['susceptibility', /^(QSM|SUSCEPTIBILITY MAP)$/],
  ['temperature', /^TEMPERATURE( MAP)?$/],
  ['material', /^(MAT SPECIFIC|MAT VALUE BASED|EFF ATOMIC NUM|ELECTRON DENSITY|IODINE( MAP)?)$/],
  ['projection', /^((.* )?(MAX ?|MIN ?|M|MN)IP( .*)?|MAXIMUM|MINIMUM|PROJECTION IMAGE)$/],
  // Philips calls a phase image a phase map.
  ['quantity', /^(?!(PHASE|REAL|IMAGINARY|MAGNITUDE) ).* MAP$/],
  ['difference', /^SUB(TRACT(ION|ED)?)?$|^DIFFERENCE$/],
];

/** Short words, of images of which the first value says DERIVED. */
const BY_DERIVED_TYPE: Rules = [['diffusion', /^(FA|RA|MD|AD|RD)$/]];

/** Of these, what the fourth value says: as the third, it is the weighting of an image (PS3.3 C.8.13.3.1.4). */
const BY_CONTRAST: Rules = [['time', /^(T1|T2|T2 ?\*|T2 STAR)$/]];

/** Units (Rescale Type, or UCUM's of a mapping to the real world) that no signal has. */
const BY_UNITS: Rules = [
  ['field', /^(hz|rad\/s|[unmµ]?t|tesla)$/],
  ['velocity', /^[cm]?m ?\/ ?s(ec)?$/],
  ['diffusion', /[cmuµ]m ?(\^? ?2|²|\*\*2) ?\/ ?m?s(ec)?\)?$/],
  ['time', /^(m?s|m?sec|m?seconds?|1 ?\/ ?m?s|m?s\^?-1|\/s)$/],
  ['perfusion', /^ml ?\/ ?(\(?100 ?)?(g|ml)|^\/min$|^1 ?\/ ?min$/],
  ['stiffness', /^k?pa$/],
  ['susceptibility', /^pp[mb]$/],
  ['temperature', /^(cel|°c|deg ?c)$/],
  ['material', /^(mgml|mg ?\/ ?ml|mg ?\/ ?cm3|g ?\/ ?cm3|z_eff|edw?)$/],
  ['fraction', /^(%|pct|percent)$/],
];

/** What systems call such series where Image Type says no more than that they are derived. */
const BY_NAME: Rules = [
  [
    'diffusion',
    /apparent diffusion coef|exponential (adc|apparent)|fractional aniso|mean diffusivity|(^|[^a-z0-9])[ed]?adc([ _]?map|[ _]?\(.*|:.*|\))?$/i,
  ],
  [
    'time',
    /\b(t1|t2|t2\*|t2 ?star|t1 ?rho)[ _-]?map\b|\br2(\*|[ _-]?star)?[ _-]?map|mean transit time|time to peak/i,
  ],
  ['perfusion', /cerebral blood (flow|volume)|\bktrans\b/i],
  ['fraction', /(fat|water) ?fraction/i],
  ['suppressed', /(^|[^a-z])uni[-_ ]?den(oised)?([^a-z]|$)/i],
  ['uniform', /mp2rage.*[-_ ]uni([-_ ]images?)?$/i],
];

/** What tells what an image is, in whatever kind of file. */
export interface ComputedWords {
  /** Values of Image Type. */
  readonly imageType: readonly string[];
  /** M, P, R or I; empty: not said. */
  readonly complexPart: string;
  readonly units: readonly string[];
  /** What is mapped to the real world. */
  readonly quantities: readonly string[];
  /** Series Description. */
  readonly description: string;
  readonly sequence: string;
  /** Whether the file says outright that velocities are encoded. */
  readonly isFlow: boolean;
}

/**
 * What an image was computed to, by its image type, units, the quantity that is mapped to the real world, and, of one
 * that says of itself that it is derived, by its description; null of one that shows a signal.
 *
 * @param attributes of the image, or of a frame with what is shared; the mapping of a frame is one of its own groups
 */
export function readComputed(
  attributes: Attributes,
  imageType: readonly string[],
  complexPart: string,
): Computed | null {
  if (isGeAnisotropy(attributes)) return 'diffusion';
  const mapped = mappingsOf(attributes);
  return computedOf({
    imageType,
    complexPart,
    units: unitsOf(attributes, mapped),
    quantities: quantitiesOf(mapped),
    description: attributes.label('x0008103e') ?? '',
    sequence: attributes.text('x00180024') ?? '',
    isFlow: attributes.text('x00189014') === 'YES',
  });
}

/** (0043,xx30) of GE is 18 of maps of fractional anisotropy (a GE engineer's words in dcm2niix issue 574). */
function isGeAnisotropy(attributes: Attributes): boolean {
  const ge = privateTags(attributes, '0043', 'GEMS_PARM_01');
  return ge !== null && attributes.int16(ge('30')) === 18;
}

/** The same of what was read already. */
export function computedOf(words: ComputedWords): Computed | null {
  const terms = words.imageType.slice(2).map((term) => term.toUpperCase().replace(/[_-]+/g, ' ').trim());
  const isDerived = words.imageType[0] === 'DERIVED';
  const units = words.units.map((unit) => unit.toLowerCase());
  const byType = first(BY_TYPE, terms);
  // Of both of its images MP2RAGE may say the same type.
  if (byType === 'uniform' && first(BY_NAME, [words.description]) === 'suppressed') return 'suppressed';
  return (
    byType ??
    (isDerived ? (first(BY_DERIVED_TYPE, terms) ?? first(BY_CONTRAST, terms.slice(1))) : null) ??
    (words.complexPart === 'P' && isOfVelocity(words, terms) ? 'velocity' : null) ??
    first(BY_UNITS, units) ??
    first(BY_NAME, words.quantities) ??
    (isDerived && !terms.includes('TRACEW') ? first(BY_NAME, [words.description.trim()]) : null)
  );
}

function first(rules: Rules, texts: readonly string[]): Computed | null {
  return rules.find(([, pattern]) => texts.some((text) => pattern.test(text)))?.[0] ?? null;
}

/** Items of Real World Value Mapping Sequence: of the image as a whole, or of its own group of a frame. */
function mappingsOf(attributes: Attributes): Attributes[] {
  return [attributes, ...attributes.items('x00409096')];
}

function unitsOf(attributes: Attributes, mapped: readonly Attributes[]): string[] {
  const codes = mapped.flatMap((item) => item.items('x004008ea'));
  const written = [attributes.text('x00281054'), ...codes.map((code) => code.text('x00080100'))];
  return written.flatMap((unit) => unit ?? []);
}

/** What Quantity Definition Sequence says is mapped (PS3.3 C.7.6.16.2.11.1.2), in the words of its codes. */
function quantitiesOf(mapped: readonly Attributes[]): string[] {
  return mapped
    .flatMap((item) => item.items('x00409220'))
    .flatMap((item) => [...item.items('x0040a168'), ...item.items('x0040a043')])
    .flatMap((code) => code.label('x00080104') ?? []);
}

const VELOCITY = /^(VELOCITY( MAP)?|FLOW( ENCODED)?|PHASE CONTRAST|PCA|M PCA)$/;
/** How Siemens calls sequences that encode velocity: *fl2d1_v150in. */
const VELOCITY_SEQUENCE = /_v\d+(in|ap|rl|fh|through)/i;

/** Phase contrast: the difference of the phases of two encodings, noisier than the magnitude tells. */
function isOfVelocity({ isFlow, sequence }: ComputedWords, terms: readonly string[]): boolean {
  return isFlow || terms.some((term) => VELOCITY.test(term)) || VELOCITY_SEQUENCE.test(sequence);
}
