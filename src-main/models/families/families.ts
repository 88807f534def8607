import { fault } from '../../contract/errors.js';
import type { Family } from '../family.js';
import { contractive } from './contractive.js';
import { convolutional } from './convolutional.js';
import { denoising } from './denoising.js';
import { masked } from './masked.js';
import { plain } from './plain.js';
import { sparse } from './sparse.js';
import { variational } from './variational.js';
import { vectorQuantised } from './vector-quantised.js';
import { video } from './video.js';

/** Every family. To add one: write its file, add its line. */
export const FAMILIES: readonly Family[] = [
  plain,
  convolutional,
  sparse,
  contractive,
  denoising,
  variational,
  vectorQuantised,
  video,
  masked,
];

/** @throws LimpidError E_USAGE for a name that is none */
export function familyNamed(name: string): Family {
  const family = FAMILIES.find((one) => one.name === name);
  if (family !== undefined) return family;
  throw fault('E_USAGE/family', { choices: FAMILIES.map((one) => one.name) });
}
