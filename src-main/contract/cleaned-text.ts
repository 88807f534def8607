import type { CleanedReport } from './report.js';
import { integer, number } from './words/numbers.js';

const DID: Readonly<Record<CleanedReport['did'], string>> = {
  removed: 'removed',
  absent: 'not there',
  left: 'left',
  refused: 'not looked for',
};

/** Coefficient of joint variation of the two tissues that there are most of, with the field and without; as far as it is known. */
function jointVariation({ cjvBefore, cjvWithout }: CleanedReport['facts'], removed: boolean): string[] {
  const percent = (value: number | undefined) => (value === undefined ? 'unknown' : `${number(value)} %`);
  if (cjvBefore === undefined && cjvWithout === undefined) return [];
  const without = removed ? 'without the field' : 'if the field were taken away';
  return [`joint variation of tissues (CJV) ${percent(cjvBefore)}, ${percent(cjvWithout)} ${without}`];
}

/**
 * Of an artifact that was looked for, in English: what was done, how sure it was, how much there was, and how the
 * removal was judged; then the sentences that give reasons.
 */
export function cleanedText({ did, why, sure, amount, left, unit, facts, trust }: CleanedReport): {
  readonly text: string;
  readonly reasons: readonly string[];
} {
  const parts = [
    DID[did],
    ...(sure === null ? [] : [`${integer(Math.round(100 * sure))} % sure`]),
    ...(amount === null ? [] : [`amount ${number(amount)} ${unit}`.trim()]),
    ...(left === null || did !== 'removed' ? [] : [`left ${number(left)} ${unit}`.trim()]),
    ...jointVariation(facts, did === 'removed'),
    ...(trust === null ? [] : [`trust ${trust.verdict}`]),
    ...(trust === null || trust.kept === null
      ? []
      : [`${integer(Math.round(trust.kept))} % of lesion contrast kept`]),
  ];
  const reasons = [
    ...(why === null ? [] : [why.message]),
    ...(trust?.reasons ?? []).map(({ message }) => message),
  ];
  return { text: parts.join(', '), reasons };
}
