import { Presets, SingleBar } from 'cli-progress';
import type { Problem } from '../../contract/errors.js';
import type {
  JobEvent,
  ProgressEvent,
  ResultEvent,
  ScanEvent,
  SeriesDoneEvent,
  Stage,
  WarningEvent,
} from '../../contract/events.js';
import type { CleanedDid } from '../../contract/report.js';
import type { StoppedResult } from '../../contract/results.js';
import { duration, rate } from './format.js';
import { problemLine } from './words.js';

type Describe = (result: Exclude<ResultEvent, StoppedResult>) => string;

/** Tells a person what happens: results on standard output, everything else on standard error. */
export interface Narrator {
  /** @param options.describe how the result is put on standard output; null: not at all */
  tell(event: JobEvent, options: { readonly describe: Describe | null }): void;
  close(): void;
}

const STAGES: Readonly<Record<Stage, string>> = {
  scan: 'scanning',
  send: 'sending',
  fetch: 'fetching',
  read: 'reading',
  noise: 'measuring noise',
  choose: 'choosing a denoiser',
  train: 'training',
  denoise: 'denoising',
  clean: 'removing artifacts',
  judge: 'testing the result',
  simulate: 'simulating',
  apply: 'applying',
  write: 'writing',
  report: 'reporting',
};

/** @param options.bars draw progress bars: for a terminal only */
export function openNarrator(options: { readonly bars: boolean }): Narrator {
  const bar = options.bars ? openBar() : null;
  const say = (line: string) => {
    bar?.clear();
    process.stderr.write(`${line}\n`);
  };
  const refusals = refusalCounter();
  const doubts = doubtsBySeries();
  return {
    tell(event, { describe }) {
      switch (event.type) {
        case 'scan':
          return say(scanLine(event));
        case 'device':
          return say(`computing on ${event.device} (${event.description})`);
        case 'series-start':
          for (const line of refusals.rest()) say(line);
          doubts.expect(event.of);
          return say(`series ${event.index} of ${event.of} (${event.series})`);
        case 'progress':
          return bar?.show(event);
        // The bar, or the card in the end, tells it.
        case 'learning':
          return;
        case 'warning':
          if (isOfSeries(event.problem)) return doubts.keep(event);
          return refusals.count(event.problem) ? say(problemLine(event.problem)) : undefined;
        case 'series-done':
          return say(doneLine(event));
        case 'result':
          for (const line of refusals.rest()) say(line);
          bar?.clear();
          if (!('stopped' in event) && describe !== null) process.stdout.write(describe(event));
          for (const line of doubts.lines()) say(line);
          if ('stopped' in event) say(problemLine(event.stopped));
      }
    },
    close: () => bar?.clear(),
  };
}

function scanLine({ files, series, refused, others }: ScanEvent): string {
  const rest = others === 0 ? '' : `, ${counted(others, 'other file')}`;
  return `${counted(files, 'file')}, ${series} series, ${counted(refused, 'file')} refused${rest}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function doneLine({ status, seconds, problem, trust, cleaned = [] }: SeriesDoneEvent): string {
  if (problem !== null) return `  ${status}: ${problemLine(problem)}`;
  const what = status === 'kept' ? 'finished by an earlier run' : `${status} in ${duration(seconds)}`;
  if (trust == null) return `  ${what}${cleanedWords(cleaned)}`;
  const part =
    trust.blend === null ? '' : `, ${(100 * trust.blend.share).toFixed(0)} % of the change written`;
  return `  ${what}, trust: ${trust.verdict}${part}${cleanedWords(cleaned)}`;
}

const DID: Readonly<Record<CleanedDid, string>> = {
  removed: 'removed',
  absent: 'not there',
  left: 'left',
  refused: 'not looked for',
};

/** Artifacts by what was done with them; nothing where none were looked for. */
function cleanedWords(cleaned: NonNullable<SeriesDoneEvent['cleaned']>): string {
  const kinds = [...new Set(cleaned.map(({ did }) => did))];
  return kinds
    .map((kind) => {
      const names = cleaned.filter(({ did }) => did === kind).map(({ name }) => name);
      return `; ${DID[kind]}: ${names.join(', ')}`;
    })
    .join('');
}

/** A warning without a place is of a series or the run: it bears on the result, and is told after it. */
function isOfSeries({ code, place }: Problem): boolean {
  return !code.startsWith('E_') && place === undefined;
}

/** Keeps warnings of series until the result was told, so that the same one of many series is one line. */
function doubtsBySeries() {
  const kept = new Map<string, Doubts>();
  let series = 1;
  return {
    /** How many series there are: of more than one, a warning says which it is of. */
    expect(count: number): void {
      series = count;
    },
    keep(event: WarningEvent): void {
      const before = kept.get(kindOf(event.problem));
      kept.set(kindOf(event.problem), before === undefined ? [event] : [...before, event]);
    },
    lines(): string[] {
      return [...kept.values()].map((events) => doubtLine(events, series > 1));
    },
  };
}

/** One code has several sentences, each with its own remedy. */
function kindOf({ code, reason }: Problem): string {
  return reason ?? code;
}

type Doubts = readonly [WarningEvent, ...WarningEvent[]];

/** Of the series that a warning is of, this many are named. */
const NAMED = 3;

function doubtLine(events: Doubts, named: boolean): string {
  const [first] = events;
  const ids = [...new Set(events.map(({ series }) => series))];
  const many = ids.length > 1;
  const alike = !many || events.every(({ problem }) => problem.message === first.problem.message);
  const names = named ? listed(ids.filter((id) => id !== null)) : '';
  const notes = [
    [many ? `${ids.length} series` : '', names].filter((part) => part !== '').join(': '),
    alike ? '' : 'the numbers are those of the first',
  ].filter((part) => part !== '');
  return `${problemLine(first.problem)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

function listed(names: readonly string[]): string {
  return [...names.slice(0, NAMED), ...(names.length > NAMED ? ['...'] : [])].join(', ');
}

/** Of the same refusal of many files, this many are told one by one. */
const TOLD = 3;

/** Counts refusals of files by what is said of them, so that a folder of hundreds does not drown what matters. */
function refusalCounter() {
  const counts = new Map<string, { readonly code: string; readonly count: number }>();
  return {
    /** True when this one is to be told. */
    count(problem: Problem): boolean {
      const count = (counts.get(kindOf(problem))?.count ?? 0) + 1;
      counts.set(kindOf(problem), { code: problem.code, count });
      return count <= TOLD;
    },
    /** A line for each kind of which not all were told; then it counts anew. */
    rest(): string[] {
      const lines = [...counts.values()]
        .filter(({ count }) => count > TOLD)
        .map(({ code, count }) => `${code}: ... and ${count - TOLD} more`);
      counts.clear();
      return lines;
    },
  };
}

function openBar() {
  let bar: SingleBar | null = null;
  let shown = '';
  const clear = () => {
    bar?.stop();
    bar = null;
    shown = '';
  };
  return {
    clear,
    show(event: ProgressEvent) {
      const key = `${event.series} ${event.stage}`;
      if (bar === null || shown !== key) {
        clear();
        shown = key;
        bar = new SingleBar(
          {
            stream: process.stderr,
            format: '  {stage} {bar} {done} {speed} {left}',
            clearOnComplete: true,
            hideCursor: true,
            barsize: 24,
            fps: 5,
            gracefulExit: false,
          },
          Presets.shades_classic,
        );
        bar.start(event.total ?? 0, event.done, payload(event));
      } else bar.update(event.done, payload(event));
      if (event.done === event.total) clear();
    },
  };
}

function payload(event: ProgressEvent) {
  const total = event.total === null ? '' : `/${event.total}`;
  return {
    stage: STAGES[event.stage].padEnd(10),
    done: event.done === 0 && event.total === null ? '' : `${event.done}${total} ${event.unit}`,
    speed: event.rate === null ? '' : rate(event.rate, event.unit),
    left: event.secondsLeft === null ? '' : `${duration(event.secondsLeft)} left`,
  };
}
