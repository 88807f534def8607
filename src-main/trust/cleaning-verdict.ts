/** What the tests of a removal lead to, and why. */
import { sayingOf, spoken } from '../contract/errors.js';
import type { CleaningReason, Verdict } from '../contract/trust.js';
import { decisive, type NamedSign } from './signs/signs.js';

/** Contrast of lesions that must be left, percent; more than the second is lost: nothing is removed. */
const KEPT = { warn: 80, fail: 60 } as const;
/** Correlation of what was removed with details of the image: from here on structure went with it. */
const STRUCTURE = { warn: 0.7 } as const;
/**
 * Change of tissue over the level of the noise from which on a sign must say that the image is better, and from which on one
 * that says that it is worse means that nothing is removed.
 */
const LARGEST = { warn: 3, fail: 6 } as const;

/** What the tests measured. */
interface Measured {
  /** What the source shows is not there any more. */
  readonly gone: boolean;
  readonly kept: number | null;
  readonly structure: number | null;
  readonly signs: readonly NamedSign[];
  readonly largest: number | null;
}

/** All reasons, worst first. */
export function cleaningReasons({ gone, kept, structure, signs, largest }: Measured): CleaningReason[] {
  const reasons = [
    ...(gone ? [goneReason()] : []),
    ...(kept !== null && kept < KEPT.warn ? [lesionsReason(kept)] : []),
    ...(structure !== null && structure > STRUCTURE.warn && !isAcquired(signs)
      ? [structureReason(structure)]
      : []),
    ...(largest !== null && largest > LARGEST.warn ? signReason(decisive(signs), largest) : []),
  ];
  return reasons.sort((a, b) => Number(b.verdict === 'fail') - Number(a.verdict === 'fail'));
}

/** Ringing goes with edges, so what is removed is like them; where what was acquired is left as it was no structure went. */
function isAcquired(signs: readonly NamedSign[]): boolean {
  return signs.some(({ sign, gain, error }) => sign === 'acquired' && gain > error);
}

export function cleaningVerdict(reasons: readonly CleaningReason[]): Verdict {
  if (reasons.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return reasons.length > 0 ? 'warn' : 'pass';
}

function goneReason(): CleaningReason {
  return {
    test: 'signal',
    verdict: 'fail',
    value: null,
    limit: null,
    ...spoken(sayingOf('trust/cleaning-gone')),
  };
}

function lesionsReason(kept: number): CleaningReason {
  const failed = kept < KEPT.fail;
  return {
    test: 'lesions',
    verdict: failed ? 'fail' : 'warn',
    value: kept,
    limit: failed ? KEPT.fail : KEPT.warn,
    ...spoken(sayingOf('trust/cleaning-lesions', { percent: kept })),
  };
}

function structureReason(structure: number): CleaningReason {
  return {
    test: 'structure',
    verdict: 'warn',
    value: structure,
    limit: STRUCTURE.warn,
    ...spoken(sayingOf('trust/cleaning-structure')),
  };
}

/** Large changes of tissue pass only where a sign says that the image is better. Fields are told too weakly for more than a warning,
 * and so is a blur, that some removals bring with them. */
function signReason(sign: NamedSign | null, largest: number): CleaningReason[] {
  const told = { value: largest, limit: LARGEST.warn };
  if (sign === null || Math.abs(sign.gain) <= sign.error)
    return [
      {
        test: 'signs',
        verdict: 'warn',
        ...told,
        ...spoken(sayingOf('trust/cleaning-unproven', { largest })),
      },
    ];
  if (sign.gain > 0) return [];
  const failed = largest > LARGEST.fail && sign.sign !== 'tissues' && sign.sign !== 'sharpness';
  return [
    {
      test: sign.sign,
      verdict: failed ? 'fail' : 'warn',
      value: largest,
      limit: failed ? LARGEST.fail : LARGEST.warn,
      ...spoken(sayingOf(`trust/cleaning-${sign.sign}`, { largest })),
    },
  ];
}
