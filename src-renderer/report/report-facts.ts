import type {
  AlignedReport,
  CleanedReport,
  DeviceReport,
  NoiseReport,
  RaceReport,
  RequestReport,
  TrainingReport,
} from '../../src-main/contract/report.js';
import type { ResidualReport, TrustReport } from '../../src-main/contract/trust.js';
import type { Calibration } from '../../src-main/contract/viewing.js';
import { listed, NONE } from '../words/format.js';
import type { Fact } from './fact.js';
import { duration, integer, number } from './format.js';
import { lengthUnit } from './lengths.js';
import { pageLanguage, r, rName, rTold, said } from './words/speech.svelte.js';

export function noiseFacts(noise: NoiseReport, units: string): Fact[] {
  const levels = Object.entries(noise.methods).map(([name, level]) => [name, number(level)] as const);
  return [
    {
      name: r('noise.level'),
      value: r('noise.levelValue', { sigma: number(noise.sigma), units, percent: number(noise.relative) }),
    },
    { name: r('noise.methods'), value: r('noise.methodsValue', { ...Object.fromEntries(levels), units }) },
    { name: r('noise.distribution'), value: r(`noise.${noise.distribution}`) },
    {
      name: r('correlation'),
      value: axes(noise.correlation),
      note: r(noise.correlated ? 'noise.correlated' : 'noise.white'),
    },
    { name: r('noise.variation'), value: `${number(100 * noise.mapVariation, 2)} %` },
    { name: r('noise.air'), value: r(noise.airMasked ? 'noise.masked' : 'noise.measured') },
    {
      name: r('noise.levels'),
      value: r('noise.levelsValue', {
        levels: integer(noise.quantisation.levels),
        step: number(noise.quantisation.step),
        units,
      }),
    },
    {
      name: r('noise.foreground'),
      value: r('noise.foregroundValue', { percent: number(100 * noise.foreground, 2) }),
    },
  ];
}

function axes({ x, y, z }: ResidualReport['correlation']): string {
  return listed(
    [x, y, z].map((one) => number(one, 2)),
    pageLanguage(),
  );
}

export function residualFacts(residual: ResidualReport): Fact[] {
  return [
    { name: r('residual.sd'), value: number(residual.sdOverSigma), note: r('residual.sdNote') },
    { name: r('residual.mean'), value: number(residual.meanOverSigma, 2), note: r('residual.meanNote') },
    { name: r('correlation'), value: axes(residual.correlation), note: r('residual.correlationNote') },
    { name: r('residual.edges'), value: number(residual.edgeCorrelation, 2), note: r('residual.edgesNote') },
    { name: r('residual.edgeRatio'), value: number(residual.edgeRatio), note: r('residual.edgeRatioNote') },
    { name: r('residual.local'), value: number(residual.localMeanRatio), note: r('residual.localNote') },
    { name: r('residual.faint'), value: number(residual.faintRatio), note: r('residual.faintNote') },
    { name: r('residual.voxels'), value: integer(residual.voxels) },
  ];
}

export function trustFacts(trust: TrustReport): Fact[] {
  const { retention, level, again, clean, uncertainty, familiarity, umse } = trust;
  const facts: Fact[] = [];
  if (retention)
    facts.push({
      name: r('trust.kept'),
      value: `${number(retention.visible.mean)} %`,
      note: r('trust.keptNote', { count: retention.visible.count }),
    });
  if (level)
    facts.push({
      name: r('trust.level'),
      value: number(level.measuredOverSigma),
      note: r('trust.levelNote', { left: number(level.remainingOverSigma, 2) }),
    });
  if (again)
    facts.push({
      name: r('trust.again'),
      value: `${number(again.changeOverSigma, 2)} σ`,
      note: r('trust.againNote'),
    });
  facts.push({
    name: r('trust.input'),
    value: r(clean.recognised ? 'trust.clean' : 'trust.noisy'),
    note: r('trust.inputNote', { psnr: number(clean.psnr) }),
  });
  if (uncertainty) {
    const { coverage, coverageSource } = uncertainty.calibration;
    const source = rTold('coverage', 'shipped', coverageSource);
    const [least, most] = coverage.map((share) => number(100 * share));
    facts.push({
      name: r('trust.uncertainty'),
      value: `${number(uncertainty.meanOverSigma, 2)} σ`,
      note: r('trust.uncertaintyNote', { least, most, source }),
    });
  }
  if (familiarity)
    facts.push({
      name: r('trust.familiarity'),
      value: number(familiarity.distance, 2),
      note: r('trust.familiarityNote', { limit: number(familiarity.limit) }),
    });
  if (umse)
    facts.push({
      name: r('trust.umse'),
      value: umse.gain === null ? NONE : `${number(umse.gain)} dB`,
      note: r('trust.umseNote'),
    });
  return facts;
}

export function raceFacts({ contenders, winner }: RaceReport): Fact[] {
  return contenders.map(({ name, error, gain, standardError }) => {
    const shown = r(`race.${name}`);
    return {
      name: name === winner ? r('race.won', { name: shown }) : shown,
      value:
        gain === null
          ? r('race.error', { error: number(error) })
          : r('race.gain', { error: number(error), gain: number(gain) }),
      ...(standardError > 0 ? { note: r('race.against', { error: number(standardError, 1) }) } : {}),
    };
  });
}

/** What the race cannot tell; empty where nothing is in its way. */
export function raceLimits({ evidence, reliable }: RaceReport, isCorrelated: boolean): string[] {
  if (evidence === 'repeats') return [r('race.limitRepeats')];
  return [...(reliable ? [] : [r('race.limitGuess')]), ...(isCorrelated ? [r('race.limitCorrelated')] : [])];
}

/** What of the motion between frames was taken off before MP-PCA and given back after. */
export function alignedFacts({ share, gain, largest }: AlignedReport, calibration: Calibration): Fact[] {
  const unit = lengthUnit(calibration);
  return [
    { name: r('aligned.share'), value: `${integer(100 * share)} %`, note: r('aligned.shareNote') },
    { name: r('aligned.gain'), value: `${integer(100 * gain)} %`, note: r('aligned.gainNote') },
    {
      name: r('aligned.largest'),
      value: `${number(largest)} ${unit}`,
      note: r('aligned.largestNote', { unit }),
    },
  ];
}

/** Artifacts that were looked for: what was done, how sure it was, how much there was, and how the removal was judged. */
export function cleanedFacts(cleaned: readonly CleanedReport[]): Fact[] {
  return cleaned.map((one) => {
    const reasons = [...(one.why === null ? [] : [one.why]), ...(one.trust?.reasons ?? [])];
    const note = reasons.map((reason) => said(reason).sentence).join(' ');
    return { name: rName('artifact', one.name), value: cleanedValue(one), ...(note === '' ? {} : { note }) };
  });
}

function cleanedValue({ did, sure, amount, left, unit, facts, trust }: CleanedReport): string {
  const measured = (value: number) => `${number(value)} ${unit}`.trim();
  return [
    r(`cleaned.${did}`),
    ...(sure === null ? [] : [r('cleaned.sure', { percent: Math.round(100 * sure) })]),
    ...(amount === null ? [] : [r('cleaned.amount', { amount: measured(amount) })]),
    ...(left === null || did !== 'removed' ? [] : [r('cleaned.leftAmount', { amount: measured(left) })]),
    ...jointVariation(facts, did === 'removed'),
    ...(trust === null ? [] : [r('cleaned.trust', { verdict: r(`verdict.${trust.verdict}`) })]),
    ...(trust === null || trust.kept === null
      ? []
      : [r('cleaned.kept', { percent: Math.round(trust.kept) })]),
  ].join(', ');
}

/** Coefficient of joint variation of the two tissues that there are most of, with the field and without. */
function jointVariation({ cjvBefore, cjvWithout }: CleanedReport['facts'], removed: boolean): string[] {
  if (cjvBefore === undefined && cjvWithout === undefined) return [];
  const percent = (value: number | undefined) =>
    value === undefined ? r('cleaned.unknown') : `${number(value)} %`;
  const values = { before: percent(cjvBefore), without: percent(cjvWithout) };
  return [r(removed ? 'cleaned.cjvWithout' : 'cleaned.cjvLeft', values)];
}

export function trainingFacts(training: TrainingReport): Fact[] {
  return [
    { name: r('training.family'), value: training.family },
    { name: r('training.parameters'), value: integer(training.parameters) },
    { name: r('training.steps'), value: integer(training.steps) },
    { name: r('training.best'), value: training.bestStep === null ? NONE : integer(training.bestStep) },
    { name: r('training.seed'), value: String(training.seed) },
    { name: r('training.time'), value: duration(training.seconds) },
  ];
}

export function requestFacts(request: RequestReport): Fact[] {
  const { model } = request;
  const yes = (is: boolean) => r(is ? 'yes' : 'no');
  return [
    { name: r('request.input'), value: r(`input.${request.input}`) },
    {
      name: r('request.model'),
      value: r(`model.${model.kind}`),
      ...(model.sha256 === null ? {} : { note: `SHA-256 ${model.sha256}` }),
    },
    {
      name: r('request.steps'),
      value: request.steps === null ? r('request.stepsChosen') : integer(request.steps),
    },
    { name: r('request.refine'), value: r(request.refine ? 'request.refined' : 'no') },
    { name: r('request.work'), value: r(request.effort === 'fast' ? 'request.fast' : 'request.usual') },
    { name: r('request.seed'), value: String(request.seed) },
    { name: r('request.strength'), value: number(request.strength) },
    { name: r('request.device'), value: request.device },
    { name: r('request.errorMap'), value: yes(request.errorMap) },
    { name: r('request.uncertainty'), value: yes(request.uncertainty) },
    { name: r('request.strict'), value: r(request.strict ? 'yes' : 'request.partly') },
    { name: r('request.force'), value: yes(request.force) },
  ];
}

export function deviceFacts(device: DeviceReport): Fact[] {
  return [
    { name: r('device.name'), value: device.name },
    { name: r('device.description'), value: descriptionOf(device) },
  ];
}

/** As far as it is no name of a product: what computes, and how many threads. */
function descriptionOf({ name, description }: DeviceReport): string {
  const [, told = description, threads] = /^(.*), (\d+) threads?$/.exec(description) ?? [];
  const device = rTold('device', name, told);
  return threads === undefined ? device : r('device.threads', { device, count: Number(threads) });
}
