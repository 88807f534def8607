import { cleanedText } from '../../src-main/contract/cleaned-text.js';
import type {
  AlignedReport,
  CleanedReport,
  ContenderName,
  DeviceReport,
  NoiseReport,
  RaceReport,
  RequestReport,
  TrainingReport,
} from '../../src-main/contract/report.js';
import type { ResidualReport, TrustReport } from '../../src-main/contract/trust.js';
import type { Calibration } from '../../src-main/contract/viewing.js';
import { duration, integer, NONE, number } from './english.js';
import type { Fact } from './fact.js';
import { lengthUnit } from './lengths.js';

const INPUT_WORDS: Readonly<Record<RequestReport['input'], string>> = {
  dicom: 'DICOM',
  nifti: 'NIfTI',
  mixed: 'DICOM and NIfTI',
};

const MODEL_WORDS: Readonly<Record<RequestReport['model']['kind'], string>> = {
  auto: 'the shipped network, or what beat it',
  general: 'the shipped network',
  self: 'trained on each series itself',
  file: 'a file',
  nlm: 'non-local means, no training',
  dct: 'DCT blocks, no training',
  mppca: 'MP-PCA, no training',
  none: 'none: noise was left',
};

export function noiseFacts(noise: NoiseReport, units: string): Fact[] {
  const { background, wavelet, spectrum, guided, learnt, repeats, training, told } = noise.methods;
  const { x, y, z } = noise.correlation;
  return [
    {
      name: 'Level, sigma',
      value: `${number(noise.sigma)} ${units} (${number(noise.relative)} % of the foreground)`,
    },
    {
      name: 'By method',
      value: `background ${number(background)}, wavelet ${number(wavelet)}, spectrum ${number(spectrum)}, guided ${number(guided)}, learnt ${number(learnt)}, repeats ${number(repeats)}, training ${number(training)}, given ${number(told)} ${units}`,
    },
    { name: 'Distribution', value: noise.distribution === 'rician' ? 'Rician' : 'Gaussian' },
    {
      name: 'Correlation of neighbours x, y, z',
      value: `${number(x, 2)}, ${number(y, 2)}, ${number(z, 2)}`,
      note: noise.correlated ? 'correlated: the scanner interpolated or filtered' : 'near 0: white',
    },
    { name: 'Spatial variation', value: `${number(100 * noise.mapVariation, 2)} %` },
    { name: 'Air', value: noise.airMasked ? 'masked by the scanner' : 'as measured' },
    {
      name: 'Grey levels',
      value: `${integer(noise.quantisation.levels)}, step ${number(noise.quantisation.step)} ${units}`,
    },
    { name: 'Foreground', value: `${number(100 * noise.foreground, 2)} % of the voxels` },
  ];
}

export function residualFacts(residual: ResidualReport): Fact[] {
  const { x, y, z } = residual.correlation;
  return [
    { name: 'SD over sigma', value: number(residual.sdOverSigma), note: 'about 1 or less' },
    { name: 'Mean over sigma', value: number(residual.meanOverSigma, 2), note: '0 without bias' },
    {
      name: 'Correlation of neighbours x, y, z',
      value: `${number(x, 2)}, ${number(y, 2)}, ${number(z, 2)}`,
      note: 'no more than that of the noise',
    },
    {
      name: 'Correlation with edges',
      value: number(residual.edgeCorrelation, 2),
      note: '0 where no edge was touched',
    },
    { name: 'SD at edges over SD in flat areas', value: number(residual.edgeRatio), note: '1 for noise' },
    {
      name: 'Spread of local means',
      value: number(residual.localMeanRatio),
      note: 'about 1 or less; more is structure',
    },
    {
      name: 'Sums over small discs',
      value: number(residual.faintRatio),
      note: 'about 1 or less; more is small things removed',
    },
    { name: 'Voxels judged', value: integer(residual.voxels) },
  ];
}

export function trustFacts(trust: TrustReport): Fact[] {
  const { retention, level, again, clean, uncertainty, familiarity, umse } = trust;
  const facts: Fact[] = [];
  const add = (name: string, value: string, note?: string) =>
    facts.push(note === undefined ? { name, value } : { name, value, note });
  if (retention)
    add(
      'Visible faint lesions kept',
      `${number(retention.visible.mean)} %`,
      `mean of ${retention.visible.count} that can be seen in the noise; 80 % or more`,
    );
  if (level)
    add(
      'Noise measured over noise told',
      number(level.measuredOverSigma),
      `about 1; left in the result ${number(level.remainingOverSigma, 2)}`,
    );
  if (again) add('A second pass changes', `${number(again.changeOverSigma, 2)} σ`, '0.45 or less');
  add(
    'Input',
    clean.recognised ? 'clean, or denoised before' : 'has noise to remove',
    `range over change ${number(clean.psnr)} dB`,
  );
  if (uncertainty) {
    const [least, most] = uncertainty.calibration.coverage;
    add(
      'Uncertainty, mean',
      `${number(uncertainty.meanOverSigma, 2)} σ`,
      `its 90 % interval held ${number(100 * least)} to ${number(100 * most)} % on ${uncertainty.calibration.coverageSource}`,
    );
  }
  if (familiarity)
    add('Distance from training', number(familiarity.distance, 2), `limit ${number(familiarity.limit)}`);
  if (umse)
    add('Gain against repeats', umse.gain === null ? NONE : `${number(umse.gain)} dB`, 'unsupervised error');
  return facts;
}

const CONTENDER_WORDS: Readonly<Record<ContenderName, string>> = {
  general: 'Shipped network',
  adapted: 'Shipped network, adapted to the series',
  nlm: 'Non-local means',
  dct: 'DCT blocks',
  mppca: 'MP-PCA',
};

export function raceFacts({ contenders, winner }: RaceReport): Fact[] {
  return contenders.map(({ name, error, gain, standardError }) => ({
    name: `${CONTENDER_WORDS[name]}${name === winner ? ' (won)' : ''}`,
    value: `${number(error)} of the noise variance${gain === null ? '' : `, ${number(gain)} dB under the noise`}`,
    ...(standardError > 0 ? { note: `± ${number(standardError, 1)} against the winner` } : {}),
  }));
}

/** What of the motion between frames was taken off before MP-PCA and given back after. */
export function alignedFacts({ share, gain, largest }: AlignedReport, calibration: Calibration): Fact[] {
  const unit = lengthUnit(calibration);
  return [
    { name: 'Change by motion taken off', value: `${integer(100 * share)} %`, note: 'and given back after' },
    {
      name: 'Expected error that goes with it',
      value: `${integer(100 * gain)} %`,
      note: 'all of it taken off',
    },
    {
      name: 'Largest motion',
      value: `${number(largest)} ${unit}`,
      note: `from the frame of reference, at 50 ${unit} from the centre`,
    },
  ];
}

/** Artifacts that were looked for: what was done, how sure it was, how much there was, and how the removal was judged. */
export function cleanedFacts(cleaned: readonly CleanedReport[]): Fact[] {
  return cleaned.map((one) => {
    const { text, reasons } = cleanedText(one);
    return { name: one.name, value: text, ...(reasons.length === 0 ? {} : { note: reasons.join(' ') }) };
  });
}

export function trainingFacts(training: TrainingReport): Fact[] {
  return [
    { name: 'Family', value: training.family },
    { name: 'Parameters', value: integer(training.parameters) },
    { name: 'Steps', value: integer(training.steps) },
    { name: 'Weights kept from step', value: training.bestStep === null ? NONE : integer(training.bestStep) },
    { name: 'Seed', value: String(training.seed) },
    { name: 'Time', value: duration(training.seconds) },
  ];
}

export function requestFacts(request: RequestReport): Fact[] {
  const { model } = request;
  return [
    { name: 'Input', value: INPUT_WORDS[request.input] },
    {
      name: 'Model',
      value: MODEL_WORDS[model.kind],
      ...(model.sha256 === null ? {} : { note: `SHA-256 ${model.sha256}` }),
    },
    { name: 'Training steps', value: request.steps === null ? 'chosen by the tool' : integer(request.steps) },
    { name: 'Result of a network refined', value: request.refine ? 'yes, by groups of like patches' : 'no' },
    { name: 'Work', value: request.effort === 'fast' ? 'less' : 'as usual' },
    { name: 'Seed', value: String(request.seed) },
    { name: 'Strength', value: number(request.strength) },
    { name: 'Device asked for', value: request.device },
    { name: 'Error map written', value: request.errorMap ? 'yes' : 'no' },
    { name: 'Uncertainty map written', value: request.uncertainty ? 'yes' : 'no' },
    { name: 'What fails is refused', value: request.strict ? 'yes' : 'no, part is taken back' },
    { name: 'Derived series denoised again', value: request.force ? 'yes' : 'no' },
  ];
}

export function deviceFacts(device: DeviceReport): Fact[] {
  return [
    { name: 'Device that ran', value: device.name },
    { name: 'Description', value: device.description },
  ];
}
