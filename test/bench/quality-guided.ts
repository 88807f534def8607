/**
 * What refining makes of a filter's result, without any network: for the table of what the denoiser owes to what. The
 * noise is measured as the product does it. Usage: quality-guided NOISY.nii OUT.nii FILTER [SIGMA]
 */
import * as fs from 'node:fs';
import { classicalDenoiser } from '../../src-main/filters/denoiser.js';
import { measuredNoise } from '../../src-main/filters/guided-noise.js';
import { refine } from '../../src-main/filters/refine.js';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { spacingRatio, withData } from '../../src-main/imaging/volume.js';
import { fromUnitNoise, toUnitNoise } from '../../src-main/noise/domain.js';

const ONE = { threads: 1 };
const [input, output, filter] = process.argv.slice(2);
const { volume } = readNifti(fs.readFileSync(input));
const noise = await measuredNoise(volume);
const image = toUnitNoise(volume, noise);
const unit = { ...noise, sigma: 1, map: null, distribution: 'gaussian' as const };
const stabilised = withData(volume, image.values.slice());
const guide = await classicalDenoiser(filter === 'dct' ? 'dct' : 'nlm', ONE)(stabilised, unit, false);
const estimate = guide.data;
const ratio = spacingRatio(volume, false);
const whole = { from: 0, to: volume.slices };
const refined = await refine(image, estimate, ratio, whole, () => {}, ONE);
const result = withData(volume, fromUnitNoise(refined, volume, noise));
fs.writeFileSync(output, writeNiftiFromVolume(result, { gzip: false }));
console.log(JSON.stringify({ noise: { sigma: noise.sigma } }));
