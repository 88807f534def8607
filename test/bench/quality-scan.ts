/**
 * Scans the object of a volume folder (clean.nii of slab.py) with a simulated scanner (test/noise/scanner.ts): writes
 * noisy.nii, clean.nii as that scanner shows it without noise, sigma.nii, and spectrum.nii, the power of the noise in a
 * plane, frequency 0 first. Usage: quality-scan FOLDER SCANNER SEED
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { kSpaceWindow, PLAIN_SCANNER, type Scanner, simulateScan } from '../noise/scanner.js';

const SCANNERS: Readonly<Record<string, Partial<Scanner>>> = {
  'quiet-air': { coils: 8, normalised: true, airGain: 0.4, acquired: [0.8, 0.7] },
  'g-factor': { coils: 8, acceleration: 2, normalised: true, window: 'fermi', acquired: [0.85, 0.85] },
  'sum-of-squares': { coils: 8, combination: 'sum-of-squares' },
};

const [folder, name, seed] = process.argv.slice(2);
const settings: Scanner = { ...PLAIN_SCANNER, ...SCANNERS[name] };
const file = (part: string): string => path.join(folder, part);
const { volume } = readNifti(fs.readFileSync(file('clean.nii')));
const meta = JSON.parse(fs.readFileSync(file('volume.json'), 'utf8'));
const { noisy, clean, map } = simulateScan(volume, settings, meta.sigma, Number(seed));
const weights = kSpaceWindow(settings, volume.columns, volume.rows);
const images: Readonly<Record<string, Volume>> = {
  noisy,
  clean,
  sigma: { ...volume, data: map },
  spectrum: { ...volume, slices: 1, data: Float32Array.from(weights, (weight) => weight * weight) },
};
for (const [part, image] of Object.entries(images))
  fs.writeFileSync(file(`${part}.nii`), writeNiftiFromVolume(image, { gzip: false }));
fs.writeFileSync(file('volume.json'), JSON.stringify({ ...meta, spectrum: true }));
