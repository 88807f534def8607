import type { Attributes } from '../elements/attributes.js';
import { privateTags } from '../elements/private.js';

export interface Diffusion {
  /** s/mm2; null when the image states none. */
  readonly bValue: number | null;
  /** Gradient direction as three numbers; null when isotropic, b = 0 or not stated. */
  readonly gradient: readonly number[] | null;
}

/**
 * b-value and gradient direction: the standard attributes (0018,9087) and (0018,9089), else the private ones of
 * Siemens, GE, United Imaging and Philips, each only where its creator says so.
 */
export function readDiffusion(attributes: Attributes): Diffusion {
  const bValue = attributes.doubles('x00189087', 1)?.[0];
  const gradient =
    attributes.doubles('x00189089', 3) ?? attributes.items('x00189076').at(0)?.doubles('x00189089', 3);
  if (bValue !== undefined) return { bValue, gradient: gradient ?? null };
  for (const vendor of [siemens, ge, unitedImaging, philips]) {
    const found = vendor(attributes);
    if (found !== null) return found;
  }
  return { bValue: null, gradient: null };
}

function siemens(attributes: Attributes): Diffusion | null {
  const tag = privateTags(attributes, '0019', 'SIEMENS MR HEADER');
  if (tag === null) return null;
  return {
    bValue: attributes.decimal(tag('0c')) ?? null,
    gradient: attributes.doubles(tag('0e'), 3) ?? null,
  };
}

/**
 * (0043,xx30) of what was acquired for a tensor: 14 without weighting, 16 with. All have the largest b-value, and a
 * direction as long as the square root of the share that they have of it, so without a direction it is b = 0: combined
 * images, which have no direction either, have other numbers (a GE engineer's words in dcm2niix issues 574 and 777).
 */
const GE_ACQUIRED: ReadonlySet<number> = new Set([14, 16]);

function ge(attributes: Attributes): Diffusion | null {
  const tag = privateTags(attributes, '0043', 'GEMS_PARM_01');
  if (tag === null) return null;
  const first = attributes.decimal(tag('39'), 0);
  const acquired = privateTags(attributes, '0019', 'GEMS_ACQU_01');
  const gradient = acquired === null ? null : three(attributes, ['bb', 'bc', 'bd'].map(acquired), 'decimal');
  const isUnweighted = gradient === null && GE_ACQUIRED.has(attributes.int16(tag('30')) ?? -1);
  // Multi-b acquisitions add 1e9 to the value.
  const bValue = first === undefined ? null : isUnweighted ? 0 : first % 1e5;
  return { bValue, gradient };
}

function unitedImaging(attributes: Attributes): Diffusion | null {
  const tag = privateTags(attributes, '0065', 'Image Private Header');
  if (tag === null) return null;
  return {
    bValue: attributes.doubles(tag('09'), 1)?.[0] ?? null,
    gradient: attributes.doubles(tag('37'), 3) ?? null,
  };
}

function philips(attributes: Attributes): Diffusion | null {
  const tag = privateTags(attributes, '2001', 'Philips Imaging DD 001');
  if (tag === null) return null;
  const directed = privateTags(attributes, '2005', 'Philips MR Imaging DD 001');
  return {
    bValue: attributes.float(tag('03')) ?? null,
    gradient: directed === null ? null : three(attributes, ['b0', 'b1', 'b2'].map(directed), 'float'),
  };
}

/** null where one of the three is missing, or all are 0: there is no direction. */
function three(
  attributes: Attributes,
  tags: readonly string[],
  as: 'decimal' | 'float',
): readonly number[] | null {
  const known = tags.map((tag) => attributes[as](tag)).filter((value) => value !== undefined);
  return known.length === 3 && known.some((value) => value !== 0) ? known : null;
}
