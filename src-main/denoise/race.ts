/** `auto` compares its denoisers on the series itself before one of them writes the result. */
import { Random } from '../base/random.js';
import type { ContenderName, ContenderReport, RaceReport } from '../contract/report.js';
import { type ClassicalName, MPPCA_LEAST_FRAMES } from '../contract/requests/choices.js';
import { classicalDenoiser } from '../filters/denoiser.js';
import { type Volume, withData } from '../imaging/volume.js';
import type { UnitNoiseImage } from '../noise/domain.js';
import { ramp } from '../noise/levels.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';
import {
  answer,
  bestShare,
  difference,
  type EvidenceKind,
  judge,
  type Measured,
  makeTrial,
  measure,
  splitFrames,
  type Trial,
  type UnitDenoiser,
} from '../restore/evidence.js';
import { choosePart, foregroundMask } from '../trust/part.js';
import { foregroundThreshold } from '../trust/tests/foreground.js';
import { areRepeats } from '../trust/tests/umse.js';
import type { ProcessInput } from './processor.js';

/** Share of the series that each contender restores for it. */
const SHARE = 0.03;
/** Pixels of its sides, where the series is small: 128 made no other choice on six anatomies, in twice the time. */
const SIDE = 96;
/** Slices and pixels of a part that is restored in planes of three directions. */
const CROSSED_SLICES = 12;
const CROSSED_SIDE = 64;
/** Standard errors by which a filter must lead before it takes the place of the network, and a lead is clear. */
const ENOUGH = 1;
const CLEAR = 2;

interface Entrant {
  readonly name: ContenderName;
  readonly measured: Measured;
  readonly seconds: number;
}

export interface NetworkEntrant {
  /** The general network, in unit noise. */
  readonly denoise: UnitDenoiser;
  /** The same without refining; null where none is wanted. */
  readonly unrefined: UnitDenoiser | null;
  /** Slices on each side that it restores a slice from. */
  readonly context: number;
  /** Whether it also restores planes across the slices: then the part must be thick. */
  readonly crosses: boolean;
}

export interface Race {
  readonly evidence: EvidenceKind;
  /** The shipped network first. */
  readonly entrants: readonly Entrant[];
  /** How much of the result is to stay as the network made it, 0 where refining is better throughout. */
  readonly unrefined: number;
}

/**
 * Runs the race. What is judged is the shipped network as it is; filters that the series has no room for stay out.
 *
 * @param image the volume in unit noise, where it was made already
 */
export async function runRace(
  input: ProcessInput,
  network: NetworkEntrant,
  seed: number,
  image?: UnitNoiseImage,
): Promise<Race> {
  const { volume, noise, only2d } = input;
  const { context } = network;
  const foreground = judgedForeground(input);
  const evidence: EvidenceKind = areRepeats(volume, foreground, noise) ? 'repeats' : 'recorrupted';
  const trial = makeTrial({
    volume,
    noise,
    ...(image === undefined ? {} : { image }),
    only2d,
    place: choosePart(volume, foreground, {
      share: SHARE,
      ...(network.crosses
        ? { context: 0, leastSlices: CROSSED_SLICES, leastSide: CROSSED_SIDE }
        : { context, leastSide: SIDE }),
    }),
    foreground,
    kind: evidence,
    random: new Random(seed).fork('race'),
  });
  const { entrant, unrefined } = await general(trial, network);
  const entrants = [entrant];
  for (const name of filtersFor(volume, evidence)) {
    const started = performance.now();
    const filter = classicalDenoiser(name);
    const measured = await measure(trial, (part, level) => filter(part, level, only2d));
    entrants.push({ name, measured, seconds: secondsFrom(started) });
  }
  return { evidence, entrants, unrefined };
}

/**
 * Correlation of neighbours up to which refining may be taken back, and from which on not: of fine structure that counts
 * as correlated noise a trial says that to keep more of it is better, by as much as the level is too high.
 */
const DRAWN = [0.1, 0.25] as const;

/**
 * The network with as much of its own as the trial tells. Refining takes thin and rare structure for that of most of
 * the patches around: where slices lie far apart and noise is as strong as tissue that loses more than it gains.
 */
async function general(
  trial: Trial,
  { denoise, unrefined }: NetworkEntrant,
): Promise<{ readonly entrant: Entrant; readonly unrefined: number }> {
  const started = performance.now();
  const refined = await answer(trial, denoise);
  const plain = unrefined === null ? refined : await answer(trial, unrefined);
  const { x, y } = trial.noise.correlation;
  const known = 1 - ramp(Math.max(Math.abs(x), Math.abs(y)), DRAWN);
  const share = known * bestShare(trial, refined, plain);
  const measured = judge(
    trial,
    refined.map((value, i) => value + share * (plain[i] - value)),
  );
  return { entrant: { name: 'general', measured, seconds: secondsFrom(started) }, unrefined: share };
}

function secondsFrom(started: number): number {
  return (performance.now() - started) / 1000;
}

function judgedForeground({ volume, noise }: ProcessInput): Uint8Array {
  const threshold = foregroundThreshold(volume, noise.sigma, noise.distribution === 'rician');
  // the noise of a voxel must not decide whether it is judged
  return foregroundMask(withData(volume, smoothedPlanes(volume)), threshold);
}

/** Directions, echoes or time points from which on MP-PCA knows noise from signal better than a race does. */
const MANY_FRAMES = 10;

/**
 * Whether MP-PCA needs no race: so many frames that are no repeats of one another. What is drawn for a race is
 * independent from frame to frame, and has no more of the noise than the spectrum of tissue tells.
 */
export function isForPca(input: ProcessInput): boolean {
  const { volume, noise } = input;
  return volume.frames >= MANY_FRAMES && !areRepeats(volume, judgedForeground(input), noise);
}

/** Means over 3 x 3 pixels; at the border over what there is. */
function smoothedPlanes({ data, columns, rows }: Volume): Float32Array {
  const across = data.map((value, i) => {
    const x = i % columns;
    const [left, right] = [x > 0 ? data[i - 1] : value, x + 1 < columns ? data[i + 1] : value];
    return (left + value + right) / 3;
  });
  return across.map((value, i) => {
    const y = Math.floor(i / columns) % rows;
    const [above, below] = [y > 0 ? across[i - columns] : value, y + 1 < rows ? across[i + columns] : value];
    return (above + value + below) / 3;
  });
}

/** A block of 8 x 8 pixels must fit; MP-PCA needs its frames in what the trial gives. */
function filtersFor({ rows, columns, frames }: Volume, evidence: EvidenceKind): ClassicalName[] {
  const given = evidence === 'repeats' ? splitFrames(frames).given.length : frames;
  return [
    ...(Math.min(rows, columns) < 8 ? [] : (['dct', 'nlm'] as const)),
    ...(given >= MPPCA_LEAST_FRAMES ? (['mppca'] as const) : []),
  ];
}

/**
 * Who wins: the network, unless a filter leads by more than one standard error.
 *
 * @param adapted what adaptation took off the error of the network, over the noise variance; null where it was not
 *   tried or not kept
 */
export function raceReport(
  { evidence, entrants }: Race,
  noise: Pick<NoiseEstimate, 'certain' | 'correlated'>,
  adapted: { readonly gained: number; readonly seconds: number } | null,
): RaceReport {
  const [general, ...filters] = entrants;
  const network: { name: ContenderName; error: number } =
    adapted === null
      ? { name: 'general', error: general.measured.error }
      : { name: 'adapted', error: general.measured.error - adapted.gained };
  const behind = (entrant: Entrant) => ({
    lead: network.error - entrant.measured.error,
    standardError: difference(general.measured, entrant.measured).standardError,
  });
  const challengers = filters
    .map((entrant) => ({ entrant, ...behind(entrant) }))
    .filter(({ lead, standardError }) => lead > ENOUGH * standardError)
    .sort((a, b) => b.lead - a.lead);
  const winner = challengers.at(0)?.entrant ?? null;
  const reference = (winner ?? general).measured;
  const rows: ContenderReport[] = entrants.map(({ name, measured, seconds }) => ({
    name,
    error: measured.error,
    standardError: difference(measured, reference).standardError,
    gain: decibels(measured.error),
    seconds,
  }));
  if (adapted !== null)
    rows.push({
      name: 'adapted',
      error: network.error,
      standardError: difference(general.measured, reference).standardError,
      gain: decibels(network.error),
      seconds: adapted.seconds,
    });
  const name = winner?.name ?? network.name;
  const best = rows.find((row) => row.name === name)?.error ?? 0;
  const rivals = rows.filter((row) => row.name !== name && !(row.name === 'general' && name === 'adapted'));
  return {
    winner: name,
    evidence,
    clear: rivals.every(({ error, standardError }) => error - best > CLEAR * standardError),
    reliable: evidence === 'repeats' || noise.certain,
    contenders: rows.sort((a, b) => a.error - b.error),
    limits: limitsOf(evidence, noise),
  };
}

function decibels(error: number): number | null {
  return error > 0 ? -10 * Math.log10(error) : null;
}

function limitsOf(
  evidence: EvidenceKind,
  { certain, correlated }: Pick<NoiseEstimate, 'certain' | 'correlated'>,
): string[] {
  if (evidence === 'repeats')
    return [
      'Against repeats all that differs between frames counts as noise, the pulse and drift of the patient too.',
    ];
  return [
    ...(certain
      ? []
      : [
          'The level of the noise is a guess: if it is too high the race favours the smoother result, if too low the noisier one.',
        ]),
    ...(correlated
      ? [
          'The noise is correlated: the race draws noise of the spectrum that was measured; what that lacks it cannot tell from structure.',
        ]
      : []),
  ];
}

/** For Derivation Description: ASCII and short. */
export function raceWords({ winner, evidence, contenders, clear }: RaceReport): string {
  const rows = contenders.map(({ name, error }) => `${name} ${error.toFixed(3)}`).join(', ');
  const judged = evidence === 'repeats' ? 'held-out repeats' : 'held-out loss';
  return `${winner} chosen by ${judged}${clear ? '' : ' (close)'}: error over noise variance ${rows}`;
}
