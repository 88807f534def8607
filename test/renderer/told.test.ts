import { describe, expect, it } from 'vitest';
import {
  ERROR_CODES,
  problemOf,
  sayingOf,
  WARNING_CODES,
  whatIsSaid,
} from '../../src-main/contract/errors.js';
import { read } from '../../src-main/contract/schema/schema.js';
import { ResidualReason, TrustReason } from '../../src-main/contract/trust.js';
import { englishTerm } from '../../src-main/contract/words/terms.js';
import type { NoiseEstimate } from '../../src-main/noise/noise-estimate.js';
import { FEATURES } from '../../src-main/trust/familiarity.js';
import { type Findings, reasonsOf } from '../../src-main/trust/judgement.js';
import {
  doubted,
  judge,
  type ResidualMeasures,
  residualWarnings,
  unjudged,
} from '../../src-main/trust/tests/verdict.js';
import { ENGLISH, type Speech } from '../../src-renderer/words/catalogue.js';
import de from '../../src-renderer/words/languages/de.json';
import germanProblems from '../../src-renderer/words/languages/de.problems.json';
import en from '../../src-renderer/words/languages/en.json';
import { GERMAN_PROBLEMS } from '../../src-renderer/words/problems.js';
import { toldProblem, toldReason } from '../../src-renderer/words/told.js';

const GERMAN: Speech = { language: 'de', texts: de, problems: GERMAN_PROBLEMS };
const CODES: readonly string[] = [...new Set([...ERROR_CODES, ...WARNING_CODES])];
const german = new Map(Object.entries(de));
const english = new Map(Object.entries(en));

/** The keys that begin so, without what they begin with. */
function keysBelow(prefix: string): string[] {
  return [...english.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

const MEASURES: ResidualMeasures = {
  voxels: 5000,
  sdOverSigma: 1,
  meanOverSigma: 0,
  correlation: { x: 0, y: 0, z: 0 },
  noiseCorrelation: { x: 0, y: 0, z: 0 },
  edgeCorrelation: 0,
  edgeRatio: 1,
  localMeanRatio: 1,
  faintRatio: 1,
};

describe('problems in the language of the window', () => {
  it('have a sentence and a remedy for every code of the contract, in both languages', () => {
    for (const code of CODES)
      for (const key of [`problem.${code}`, `problem.${code}.remedy`]) {
        expect(english.get(key), key).toMatch(/\S/);
        expect(german.get(key), key).toMatch(/\S/);
        expect(german.get(key), key).not.toBe(english.get(key));
      }
  });

  it('have no words for a code that there is none of', () => {
    const named = keysBelow('problem.').filter((key) => /^[EW]_/.test(key));
    expect(new Set(named.map((key) => key.replace(/\.remedy$/, '')))).toEqual(new Set(CODES));
  });

  it('of an earlier version are German, with its English text as detail', () => {
    const problem = {
      code: 'E_DEVICE',
      message: 'The device stopped while it computed.',
      remedy: 'Use --device cpu, or smaller tiles.',
    } as const;
    expect(toldProblem(problem, GERMAN)).toEqual({
      sentence: 'Das Gerät ist nicht verwendbar.',
      remedy: 'Als Gerät die CPU wählen.',
      detail: `${problem.message} ${problem.remedy}`,
    });
    expect(toldProblem(problem, ENGLISH)).toEqual({
      sentence: problem.message,
      remedy: problem.remedy,
      detail: null,
    });
  });

  it('keep nothing in English where the words for the code say all of it', () => {
    const lossy = {
      code: 'W_LOSSY_SOURCE',
      message: en['problem.W_LOSSY_SOURCE'],
      remedy: en['problem.W_LOSSY_SOURCE.remedy'],
    } as const;
    expect(toldProblem(lossy, GERMAN)).toEqual({
      sentence: de['problem.W_LOSSY_SOURCE'],
      remedy: de['problem.W_LOSSY_SOURCE.remedy'],
      detail: null,
    });
    expect(toldProblem({ ...lossy, remedy: 'Ask for it.' }, GERMAN).detail).toBe('Ask for it.');
    expect(toldProblem({ ...lossy, message: 'Some are lossy.' }, GERMAN).detail).toBe('Some are lossy.');
  });

  it('name what was found in the residual, which their code does not', () => {
    const [warning] = residualWarnings(judge({ ...MEASURES, edgeRatio: 5 }));
    expect(toldProblem(warning, GERMAN)).toEqual({
      sentence: germanProblems['W_RESIDUAL/edges'],
      remedy: germanProblems['W_RESIDUAL/edges.remedy'],
      detail: null,
    });
  });
});

const NOISE: NoiseEstimate = {
  sigma: 1,
  distribution: 'gaussian',
  methods: {
    background: 1,
    wavelet: 1,
    spectrum: 1,
    guided: null,
    learnt: null,
    repeats: null,
    training: null,
    told: null,
  },
  relative: 5,
  correlation: { x: 0, y: 0, z: 0 },
  correlated: false,
  certain: true,
  certainty: 1,
  structured: 0,
  map: null,
  mapVariation: 0,
  airMasked: false,
  quantisation: { levels: 1000, step: 1 },
  foreground: 0.5,
  warnings: [],
};
const SOUND: Findings = {
  signal: { voxels: 1000, left: 1, alike: 0.9, changeOverSigma: 1, notFinite: 0 },
  residual: judge(MEASURES),
  places: { count: 0, limit: 6, places: [] },
  level: { measuredOverSigma: 1, remainingOverSigma: 0, correlation: { x: 0, y: 0 } },
  retention: null,
  changeAgain: 0,
  clean: { recognised: false, degree: 0, psnr: null },
  familiarity: null,
  umse: null,
};
const visible = (mean: number, lines = 90) => ({
  lesions: 9,
  visible: { count: 9, mean, error: 0 },
  lines: { count: 9, mean: lines, error: 0 },
  rows: [],
});
const distant = { distance: 9, limit: 3, furthest: FEATURES[0] };

/** What is found in a series that is not sound, one thing each. */
const FOUND: readonly (readonly [string, Partial<Findings>, Partial<NoiseEstimate>])[] = [
  ['no numbers', { signal: { ...SOUND.signal, notFinite: 0.0375 } }, {}],
  ['tissue gone', { signal: { ...SOUND.signal, left: 0.123 } }, {}],
  ['another image', { signal: { ...SOUND.signal, alike: 0.1 } }, {}],
  ['all changed', { signal: { ...SOUND.signal, changeOverSigma: 5 } }, {}],
  ['one place', { places: { count: 1, limit: 6, places: [] } }, {}],
  ['places', { places: { count: 3, limit: 6, places: [] } }, {}],
  ['too much noise told', { level: { ...SOUND.level, measuredOverSigma: 0.5 } }, {}],
  ['too little noise told', { level: { ...SOUND.level, measuredOverSigma: 2 } }, {}],
  ['noise left', { level: { ...SOUND.level, remainingOverSigma: 0.9 } }, {}],
  ['correlated', { level: { ...SOUND.level, correlation: { x: 0.6, y: 0 } } }, {}],
  ['known as correlated', {}, { correlated: true }],
  ['masked air', {}, { airMasked: true }],
  ['lesions lost', { retention: visible(41.6) }, {}],
  ['lesions stronger', { retention: visible(140) }, {}],
  ['lines lost', { retention: visible(90, 41.6) }, {}],
  ['changes again', { changeAgain: 2 }, {}],
  ['little noise', { clean: { recognised: false, degree: 0.5, psnr: 40 } }, {}],
  ['clean', { clean: { recognised: true, degree: 1, psnr: 60 } }, {}],
  ['foreign', { familiarity: distant }, {}],
  ['worse than the input', { umse: { input: 1, output: 2, gain: -3, frames: 2 } }, {}],
];

const RESIDUALS: readonly (readonly [string, Partial<ResidualMeasures>])[] = [
  ['sdOverSigma', { sdOverSigma: 3 }],
  ['next to nothing', { sdOverSigma: 0.1 }],
  ['meanOverSigma', { meanOverSigma: 1 }],
  ['correlation', { correlation: { x: 0.9, y: 0, z: 0 } }],
  ['edgeCorrelation', { edgeCorrelation: 0.9 }],
  ['edgeRatio', { edgeRatio: 5 }],
  ['localMeanRatio', { localMeanRatio: 9 }],
  ['faintRatio', { faintRatio: 9 }],
  ['voxels', { voxels: 10 }],
];

/** In English what the program says; in German something else, and nothing left in English. */
function expectWhole(reason: TrustReason | ResidualReason): void {
  const told = toldReason(reason, ENGLISH);
  expect(told.sentence).toBe(reason.message);
  if ('remedy' in reason)
    expect(told.remedy).toBe(
      reason.remedy.replace('Train on the series itself, or use', `Use “Model: ${en['model.self']}”, or`),
    );
  const inGerman = toldReason(reason, GERMAN);
  expect(inGerman.sentence).not.toBe(reason.message);
  for (const word of ['noise', 'lesions', 'trained on']) expect(inGerman.sentence).not.toContain(word);
  expect(inGerman.remedy === null).toBe(!('remedy' in reason));
  if ('remedy' in reason) expect(inGerman.remedy).not.toBe(told.remedy);
  expect(inGerman.detail).toBeNull();
}

describe('reasons of a verdict in the language of the window', () => {
  it.each(FOUND)('are told from what was measured: %s', (_, found, noise) => {
    const findings: Findings = { ...SOUND, ...found };
    const reasons = reasonsOf(findings, { ...NOISE, ...noise }, 1);
    expect(reasons).toHaveLength(1);
    for (const reason of reasons) expectWhole(reason);
  });

  it.each(RESIDUALS)('are told from what was removed: %s', (_, measured) => {
    const residual = judge({ ...MEASURES, ...measured });
    expect(residual.reasons).toHaveLength(1);
    for (const reason of residual.reasons) expectWhole(reason);
    const [reason] = reasonsOf({ ...SOUND, residual }, NOISE, 1);
    expect(reason.test).toBe('residual');
    expectWhole(reason);
  });

  it('say that nothing is known of the noise, and why it is in doubt', () => {
    for (const reason of unjudged().reasons) expectWhole(reason);
    const alarm = problemOf('W_NOISE_DISAGREE/told-low', { times: 3, found: 12 });
    const doubts = [
      sayingOf('W_RESIDUAL/guess'),
      sayingOf('W_RESIDUAL/disagree', { factor: 3.2 }),
      sayingOf('W_RESIDUAL/alarm', { why: whatIsSaid(alarm) }),
    ];
    for (const why of doubts)
      for (const reason of doubted(judge(MEASURES), 1, why).reasons) expectWhole(reason);
  });

  it('name every feature in both languages', () => {
    const words = new Map(Object.entries(germanProblems));
    for (const feature of FEATURES) {
      expect(englishTerm('feature', feature)).toBe(feature);
      expect(words.get(`feature.${feature}`)).toMatch(/\S/);
      expect(words.get(`feature.${feature}`)).not.toBe(feature);
    }
  });

  it('of earlier versions, which told no reason, can be read and are told as these did', () => {
    const { reason: _, facts: __, ...old } = reasonsOf({ ...SOUND, changeAgain: 2 }, NOISE, 1)[0];
    expect(read(TrustReason, old)).toEqual({ fits: true, value: old });
    expect(toldReason(old, GERMAN)).toEqual({ sentence: old.message, remedy: old.remedy, detail: null });
    const { reason: ___, facts: ____, ...removed } = unjudged().reasons[0];
    expect(read(ResidualReason, removed)).toEqual({ fits: true, value: removed });
    expect(toldReason(removed, GERMAN)).toEqual({ sentence: removed.message, remedy: null, detail: null });
  });
});
