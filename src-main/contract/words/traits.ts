import { type Of, object, oneOf, text } from '../schema/schema.js';

/**
 * What may tell the stacks of one series apart, in the order in which a person looks for it, in English; `{value}` is
 * what an image states of it. The window has the same words in its languages.
 */
export const TRAITS = {
  magnitude: 'magnitude',
  phase: 'phase',
  real: 'real part',
  imaginary: 'imaginary part',
  type: '{value}',
  combined: 'combined directions',
  echoTime: 'TE {value} ms',
  echo: 'echo {value}',
  reconstruction: '{value}',
  inversion: 'TI {value} ms',
  flip: 'flip angle {value}°',
  b: 'b = {value} s/mm²',
  coil: 'coil {value}',
  axial: 'axial',
  coronal: 'coronal',
  sagittal: 'sagittal',
  directions: 'slices in different directions',
  unplaced: 'no position',
  incomplete: 'incomplete volumes',
  repeated: 'repeated positions',
  time: 'time point {value}',
  trigger: 'trigger time {value} ms',
  acquisition: 'acquisition {value}',
  size: '{value} pixels',
  spacing: 'pixels of {value} mm',
  colours: '{value}',
  bits: '{value} bits stored',
  perFile: '{value} frames a file',
  stack: 'part {value}',
} as const;

export type TraitName = keyof typeof TRAITS;

const TRAIT_NAMES = Object.keys(TRAITS).filter((name): name is TraitName => name in TRAITS);

/** One thing in which a stack differs from others of its series; the value is '' where the name says all. */
export const Trait = object({ name: oneOf(TRAIT_NAMES), value: text });
export type Trait = Of<typeof Trait>;

/** `magnitude, TE 4.92 ms`. */
export function englishTraits(traits: readonly Trait[]): string {
  return traits.map(({ name, value }) => TRAITS[name].replace('{value}', () => value)).join(', ');
}
