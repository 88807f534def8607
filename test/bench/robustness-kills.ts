// Runs that are killed at random moments and resumed, and runs on a disk that fills up; run by hand after a build:
//   npm run bench -- robustness-kills [--kills 100] [--seed 1] [--minutes 60] [--mode auto|error-map]
//   npm run bench -- robustness-kills --disk
// Both on a series that is drawn. Each prints its rows of docs/robustness.md, and ends with 1 where there was a fault.
// The second fills a small tmpfs where it may mount one, else it limits the size of files.
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { sha256 } from '../../src-main/base/files.js';
import { Random } from '../../src-main/base/random.js';
import type { JobEvent } from '../../src-main/contract/events.js';
import type { Report } from '../../src-main/contract/report.js';
import type { OutputsResult, StoppedResult } from '../../src-main/contract/results.js';
import { drawnSeries } from '../support/drawn-series.js';
import { bytesBelow, type Contents, requireWhole, topsOf, visibleContents } from '../support/output-check.js';

/** Of seconds each; the second meets a training and its checkpoints. */
const MODES = {
  auto: ['--adapt', 'off'],
  'error-map': ['--model', 'self', '--steps', '6', '--error-map'],
} as const;
type Mode = keyof typeof MODES;

/** Shares of the room that a whole output takes. */
const SHARES = [0.01, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95];

interface Run {
  readonly code: number | null;
  readonly killed: boolean;
  readonly result: OutputsResult | StoppedResult | null;
  /** When it ended, and when it began to write; ms from its start. */
  readonly milliseconds: number;
  readonly writing: number | null;
}
/** A moment to kill at: after the start, or after the run began to write; ms. */
interface Moment {
  readonly from: 'start' | 'writing';
  readonly after: number;
}
/** What an undisturbed run of a mode leaves. */
interface Whole {
  readonly contents: Contents;
  readonly milliseconds: number;
  readonly writing: number;
  /** Of all its files, its own folder's too. */
  readonly bytes: number;
}
interface Tally {
  tried: number;
  faults: number;
}

const CLI = path.resolve('dist/main/cli.js');
/** Null until it was tried. */
let mountable: boolean | null = null;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-kills-'));
const input = path.join(scratch, 'in');
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    mode: { type: 'string' },
    disk: { type: 'boolean', default: false },
  },
});
const wanted = (['auto', 'error-map'] as const).filter(
  (mode) => values.mode === undefined || values.mode === mode,
);
let failed = wanted.length === 0;
try {
  fs.mkdirSync(input);
  for (const [i, bytes] of drawnSeries(3, 64, 1).entries())
    fs.writeFileSync(path.join(input, `${i}.dcm`), bytes);
  const source = bytesBelow(input);
  for (const mode of wanted) {
    const whole = await undisturbed(mode);
    const kind = canMount() ? 'disk full' : 'file-size limit';
    const tally = values.disk ? await diskFull(mode, whole) : await kills(mode, whole);
    if (!isSame(bytesBelow(input), source)) fault(tally, 'the source changed');
    const what = values.disk ? `${kind}, ${mode}` : `kills, ${mode}, seed ${values.seed}`;
    console.log(`| ${what} | ${tally.tried} | ${tally.faults} |`);
    failed ||= tally.faults > 0 || tally.tried === 0;
  }
} finally {
  fs.rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function undisturbed(mode: Mode): Promise<Whole> {
  const output = path.join(scratch, `whole-${mode}`);
  const run = await limpid(mode, output, null);
  requireTold(output, run);
  const contents = visibleContents(output);
  const files = fs.readdirSync(output, { recursive: true, withFileTypes: true });
  const sizes = files.map((entry) => fs.statSync(path.join(entry.parentPath, entry.name)).size);
  const { milliseconds, writing } = run;
  console.log(`${mode}: ${milliseconds.toFixed(0)} ms, writing from ${writing?.toFixed(0)} ms`);
  const bytes = sizes.reduce((sum, size) => sum + 4096 * Math.ceil(size / 4096), 0);
  return { contents, milliseconds, writing: writing ?? milliseconds / 2, bytes };
}

/** Kills runs until enough were killed; each folder is finished by the same command and compared. */
async function kills(mode: Mode, whole: Whole): Promise<Tally> {
  const tally: Tally = { tried: 0, faults: 0 };
  const random = new Random(Number(values.seed));
  const count = Number(values.kills);
  const end = performance.now() + 60_000 * Number(values.minutes);
  for (let folder = 0; tally.tried < count && performance.now() < end; folder++) {
    const output = path.join(scratch, `${mode}-${folder}`);
    try {
      let again = true;
      while (again && tally.tried < count) {
        const run = await limpid(mode, output, momentOf(whole, random));
        again = run.killed && random.uniform() < 0.5;
        if (run.killed) tally.tried++;
        requireWhole(visibleContents(output), whole.contents);
      }
      await finish(mode, output, whole);
    } catch (error) {
      fault(tally, `${mode}, folder ${folder}: ${String(error)}`);
    }
    fs.rmSync(output, { recursive: true, force: true });
    if (folder % 3 === 2) console.log(`${mode}: ${tally.tried} kills, ${tally.faults} faults`);
  }
  return tally;
}

/** Two in three anywhere, one in three while files are written and made visible, which takes little of the time. */
function momentOf({ milliseconds, writing }: Whole, random: Random): Moment {
  const isLate = random.uniform() < 1 / 3;
  const [from, span] = isLate
    ? (['writing', milliseconds - writing] as const)
    : (['start', milliseconds] as const);
  return { from, after: span * random.uniform() };
}

/** Runs into room that is too small for the output, gives room, and runs again. */
async function diskFull(mode: Mode, whole: Whole): Promise<Tally> {
  const tally: Tally = { tried: 0, faults: 0 };
  for (const share of SHARES) {
    const place = path.join(scratch, `${mode}-disk`);
    fs.mkdirSync(place);
    const bytes = Math.round(share * whole.bytes);
    const output = path.join(place, 'out');
    const mounted = canMount();
    if (mounted) mount(place, `size=${4096 * Math.ceil(bytes / 4096)}`);
    tally.tried++;
    try {
      const run = await limpid(mode, output, null, mounted ? null : bytes);
      const ended =
        run.result?.type === 'result' && 'stopped' in run.result ? run.result.stopped.code : run.code;
      console.log(`${mode}: ${Math.round(bytes / 1024)} KiB: ${ended}`);
      requireCoded(run);
      requireWhole(visibleContents(output), whole.contents);
      if (run.result?.command === 'denoise' && 'series' in run.result) requireTold(output, run, 'any');
      if (mounted) mount(place, 'remount,size=64m');
      await finish(mode, output, whole);
    } catch (error) {
      fault(tally, `${mode}, ${bytes} bytes: ${String(error)}`);
    } finally {
      if (mounted) execFileSync('umount', [place]);
      fs.rmSync(place, { recursive: true, force: true });
    }
  }
  return tally;
}

/** The same command once more, undisturbed: it must end well, tell what is there, and make the same pixels. */
async function finish(mode: Mode, output: string, whole: Whole): Promise<void> {
  requireTold(output, await limpid(mode, output, null));
  const ended = visibleContents(output);
  requireWhole(ended, whole.contents);
  if (!isSame(ended, whole.contents)) throw new Error('outputs are missing');
  const left = Object.keys(bytesBelow(output)).filter((file) => /\.[0-9a-f]{12}\.part$/.test(file));
  if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
}

/** @throws Error where what a run tells of its outputs is not what is there, or where it did not end well */
function requireTold(output: string, { code, result }: Run, end: 'well' | 'any' = 'well'): void {
  if (result === null || !('series' in result)) throw new Error(`no result, exit code ${code}`);
  if (end === 'well' && code !== 0) throw new Error(`exit code ${code}: ${JSON.stringify(result)}`);
  const told = result.series.flatMap(({ outputs }) => outputs).sort();
  const tops = topsOf(visibleContents(output));
  if (told.join() !== tops.join()) throw new Error(`told ${told.join()}, there ${tops.join()}`);
  const there = bytesBelow(output);
  const reports = ['report.html', 'report.json'].filter((name) => name in there).length;
  if (reports !== (result.report === null ? 0 : 2)) throw new Error(`${reports} report files`);
  if (result.report === null) return;
  const report: Report = JSON.parse(fs.readFileSync(path.join(output, result.report.json), 'utf8'));
  const listed = report.series.flatMap(({ outputs }) => outputs);
  for (const one of listed)
    if (there[one.path] !== one.sha256) throw new Error(`${one.path} is not as reported`);
  if (listed.length !== Object.keys(visibleContents(output)).length)
    throw new Error('the report lacks outputs');
}

/** @throws Error where a run that had no room ended without saying so by a code */
function requireCoded({ code, result }: Run): void {
  if (result === null) throw new Error(`ended with ${code} and no result`);
  const text = JSON.stringify(result);
  if (text.includes('"E_INTERNAL"') || (code !== 0 && !text.includes('"E_IO"'))) throw new Error(text);
}

function fault(tally: Tally, what: string): void {
  tally.faults++;
  console.log(`FAULT ${what}`);
}

function isSame(a: Contents, b: Contents): boolean {
  const text = (contents: Contents) => JSON.stringify(Object.entries(contents).sort());
  return sha256(text(a)) === sha256(text(b));
}

function canMount(): boolean {
  if (mountable !== null) return mountable;
  const folder = path.join(scratch, 'mount');
  fs.mkdirSync(folder);
  try {
    mount(folder, 'size=64k');
    execFileSync('umount', [folder]);
    mountable = true;
  } catch {
    mountable = false;
  }
  return mountable;
}

function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
}

/**
 * Runs the built command line, and kills it with all that it started at a moment.
 *
 * @param largest no file may grow over it; bytes, null: any size
 */
function limpid(
  mode: Mode,
  output: string,
  moment: Moment | null,
  largest: number | null = null,
): Promise<Run> {
  const args = [CLI, 'denoise', input, output, '--device', 'cpu', '--json', ...MODES[mode]];
  // A signal that is ignored stays so in what is started: the write fails then, as on a full disk.
  const limit = [
    '-c',
    `trap '' XFSZ; ulimit -f ${Math.ceil((largest ?? 0) / 1024)}; exec "$0" "$@"`,
    process.execPath,
  ];
  const child = spawn(
    largest === null ? process.execPath : 'bash',
    [...(largest === null ? [] : limit), ...args],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: { ...process.env, LIMPID_HOME: path.join(scratch, 'home') },
    },
  );
  const started = performance.now();
  let [killed, writing, text] = [false, null as number | null, ''];
  let result: Run['result'] = null;
  let timer: NodeJS.Timeout | undefined;
  const aim = (from: Moment['from']) => {
    if (moment?.from === from) timer = setTimeout(kill, moment.after);
  };
  const kill = () => {
    killed = true;
    // The group: as a power cut would, without a chance to tidy up.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const hear = (event: JobEvent) => {
    if (event.type === 'result' && (event.command === 'denoise' || 'stopped' in event)) result = event;
    if (event.type !== 'progress' || event.stage !== 'write' || writing !== null) return;
    writing = performance.now() - started;
    aim('writing');
  };
  aim('start');
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) hear(JSON.parse(line));
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, killed, result, milliseconds: performance.now() - started, writing });
    });
  });
}
