import type { Attributes } from '../elements/attributes.js';

export interface Diffusion {
  /** s/mm2; null when the image states none. */
  readonly bValue: number | null;
  /** Gradient direction as three numbers; null when isotropic, b = 0 or not stated. */
  readonly gradient: readonly number[] | null;
}

/**
 * b-value and gradient direction: the standard attributes (0018,9087) and (0018,9089), else the private ones of
 * Siemens, GE and United Imaging in their usual block, each only where its creator says so.
 */
export function readDiffusion(attributes: Attributes): Diffusion {
  const bValue = attributes.doubles('x00189087', 1)?.[0];
  const gradient =
    attributes.doubles('x00189089', 3) ?? attributes.items('x00189076').at(0)?.doubles('x00189089', 3);
  if (bValue !== undefined) return { bValue, gradient: gradient ?? null };
  if (attributes.text('x00190010') === 'SIEMENS MR HEADER')
    return {
      bValue: attributes.decimal('x0019100c') ?? null,
      gradient: attributes.doubles('x0019100e', 3) ?? null,
    };
  if (attributes.text('x00430010') === 'GEMS_PARM_01') return geDiffusion(attributes);
  if (attributes.text('x00650010') === 'Image Private Header')
    return {
      bValue: attributes.doubles('x00651009', 1)?.[0] ?? null,
      gradient: attributes.doubles('x00651037', 3) ?? null,
    };
  return { bValue: null, gradient: null };
}

function geDiffusion(attributes: Attributes): Diffusion {
  const first = attributes.decimal('x00431039', 0);
  const directions =
    attributes.text('x00190010') === 'GEMS_ACQU_01'
      ? ['x001910bb', 'x001910bc', 'x001910bd'].map((tag) => attributes.decimal(tag))
      : [];
  const known = directions.filter((value) => value !== undefined);
  return {
    // Multi-b acquisitions add 1e9 to the value.
    bValue: first === undefined ? null : first % 1e5,
    gradient: known.length === 3 ? known : null,
  };
}
