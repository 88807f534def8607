import { type Problem, sayingIn } from '../../src-main/contract/errors.js';
import type {
  ResidualReason,
  ResidualReport,
  SignalReport,
  TrustReason,
  TrustReport,
} from '../../src-main/contract/trust.js';
import { ENGLISH, keyOf, type Speech, say, sayName, type TextKey, type ToldKey } from './catalogue.js';
import type { Values } from './fill.js';
import { windowRemedy } from './remedy.js';
import { saidIn } from './sayings.js';

/** How the window tells what went wrong, or what was found. */
export interface Told {
  readonly sentence: string;
  /** What to do; null where nothing is said of it. */
  readonly remedy: string | null;
  /** What only the English of the program tells, where the language is another; null where nothing is lost. */
  readonly detail: string | null;
}

/**
 * A problem in words. The window's own have theirs. Of the program's, only the code and an English text are carried,
 * without the facts in it: in English that text, in another language the words for the code, and as detail what the
 * text says beyond these.
 */
export function toldProblem(problem: Problem, speech: Speech): Told {
  const said = saidIn(sayingIn(problem), speech);
  return said === null ? toldOfOld(problem, speech) : { ...said, detail: null };
}

/** A problem that an earlier version wrote, without its facts. */
function toldOfOld(problem: Problem, speech: Speech): Told {
  const remedy = inWindow(problem.remedy, speech);
  if (speech.language === ENGLISH.language) return plain(problem.message, remedy);
  const key: ToldKey = `problem.${problem.code}`;
  const cause = problem.code === 'W_RESIDUAL' ? keyOf(problem.message, 'trust.residual.') : null;
  const said = [
    cause === null && problem.message !== ENGLISH.texts[key] ? problem.message : null,
    inWindow(problem.remedy, ENGLISH) === ENGLISH.texts[`${key}.remedy`] ? null : remedy,
  ].filter((text) => text !== null);
  return {
    sentence: say(speech, cause ?? key),
    remedy: say(speech, `${key}.remedy`),
    detail: said.length === 0 ? null : said.join(' '),
  };
}

/** What is measured beside the reasons, and tells which of a test's sentences is meant. */
export interface Measured {
  readonly trust: Pick<TrustReport, 'signal' | 'familiarity'> | null;
  readonly residual: Pick<ResidualReport, 'reasons'> | null;
}

/** A reason of the trust report, or of the residual, in words. */
export function toldReason(reason: TrustReason | ResidualReason, measured: Measured, speech: Speech): Told {
  const words = 'test' in reason ? trustWords(reason, measured, speech) : residualWords(reason);
  const theirs = 'remedy' in reason ? inWindow(reason.remedy, speech) : null;
  const english = speech.language === ENGLISH.language;
  if (words === null || (english && words.lacks)) return { ...plain(reason.message, null), remedy: theirs };
  return {
    sentence: say(speech, words.key, words.values),
    remedy: theirs === null ? null : say(speech, words.remedy, words.values),
    detail: words.lacks ? reason.message : null,
  };
}

interface Words {
  readonly key: TextKey;
  readonly remedy: TextKey;
  readonly values?: Values;
  /** Whether the program's own sentence tells more. */
  readonly lacks?: boolean;
}

function trustWords(reason: TrustReason, { trust, residual }: Measured, speech: Speech): Words | null {
  const { test, value, limit } = reason;
  switch (test) {
    case 'signal':
      return trust === null ? null : signalWords(value, trust.signal, speech);
    case 'residual': {
      const cause = residual?.reasons.find((one) => one.value === value && one.limit === limit);
      return cause === undefined ? null : residualWords(cause);
    }
    case 'places':
      return value === 1 ? pair('trust.places.one') : pair('trust.places.many', { count: value ?? 0 });
    case 'level':
      return pair(isBelow(reason) ? 'trust.level.low' : 'trust.level.high');
    case 'correlation':
      return {
        key: value === null ? 'trust.correlation.known' : 'trust.correlation.white',
        remedy: 'trust.correlation.remedy',
      };
    case 'retention':
      return isBelow(reason)
        ? pair('trust.retention.low', { percent: Math.round(value ?? 0) })
        : pair('trust.retention.high');
    case 'lines':
      return pair('trust.lines', { percent: Math.round(value ?? 0) });
    case 'familiarity':
      return pair('trust.familiarity', {
        feature: sayName(speech, 'feature', trust?.familiarity?.furthest ?? ''),
        control: say(speech, 'denoise.model'),
        choice: say(speech, 'model.self'),
      });
    case 'probe':
      return { ...pair('trust.probe'), lacks: true };
    default:
      return pair(`trust.${test}`);
  }
}

function signalWords(value: number | null, signal: SignalReport, speech: Speech): Words | null {
  const remedy = 'trust.signal.remedy';
  const percent = percentText(value ?? 0, speech);
  switch (value) {
    case signal.notFinite:
      return { key: 'trust.signal.notFinite', remedy, values: { percent } };
    case signal.left:
      return { key: 'trust.signal.left', remedy, values: { percent } };
    case signal.alike:
      return { key: 'trust.signal.alike', remedy };
    case signal.changeOverSigma:
      return { key: 'trust.signal.change', remedy };
    default:
      return null;
  }
}

function residualWords({ measure, value, limit }: ResidualReason): Words {
  const remedy = 'trust.residual.remedy';
  if (measure === 'sigma')
    return value === 0
      ? { key: 'trust.residual.unknown', remedy }
      : { key: 'trust.residual.doubted', remedy, lacks: true };
  const small = measure === 'sdOverSigma' && value < limit;
  return { key: small ? 'trust.residual.sdTooSmall' : `trust.residual.${measure}`, remedy };
}

function pair(key: ToldKey, values: Values = {}): Words {
  return { key, remedy: `${key}.remedy`, values };
}

function isBelow({ value, limit }: TrustReason): boolean {
  return value !== null && limit !== null && value < limit;
}

function percentText(share: number, { language }: Speech): string {
  return (100 * share).toLocaleString(language, { maximumSignificantDigits: 2 });
}

function plain(sentence: string, remedy: string | null): Told {
  return { sentence, remedy, detail: null };
}

function inWindow(remedy: string, speech: Speech): string {
  return windowRemedy(remedy, (group, name) => sayName(speech, group, name));
}
