import { afterEach, expect, it, vi } from 'vitest';
import { describeResult } from '../../../src-main/cli/terminal/describe.js';
import { openNarrator } from '../../../src-main/cli/terminal/narrator.js';
import type { JobEvent } from '../../../src-main/contract/events.js';

afterEach(() => {
  vi.restoreAllMocks();
});

type Code = 'W_RESIDUAL' | 'W_NOISE_VARIES' | 'E_NIFTI';

function warning(series: string | null, code: Code, message: string, reason?: string): JobEvent {
  const place = code === 'E_NIFTI' ? { place: `/${message}` } : {};
  return {
    type: 'warning',
    series,
    problem: { code, message, remedy: 'Look.', ...(reason === undefined ? {} : { reason }), ...place },
  };
}

const RESULT: JobEvent = {
  type: 'result',
  command: 'denoise',
  exitCode: 0,
  series: [],
  report: null,
  problems: [],
};

/** What a person reads of events, on both streams. */
function toldOf(events: readonly JobEvent[]): string[] {
  const told: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
  const narrator = openNarrator({ bars: false });
  for (const event of [...events, RESULT]) narrator.tell(event, { describe: describeResult });
  vi.restoreAllMocks();
  return told;
}

it('tells the result first, then each warning of many series on one line', () => {
  const told = toldOf([
    warning('a', 'W_RESIDUAL', 'Same.'),
    warning('a', 'W_NOISE_VARIES', 'By 5 %.'),
    warning('b', 'W_RESIDUAL', 'Same.'),
    warning('b', 'W_NOISE_VARIES', 'By 6 %.'),
  ]);
  expect(told).toEqual([
    'series: none\nNot for diagnostic use.\n',
    'W_RESIDUAL: Same. Look. (2 series)\n',
    'W_NOISE_VARIES: By 5 %. Look. (2 series; the numbers are those of the first)\n',
  ]);
});

it('names the series of a warning where there are several, and keeps apart what one code says in two ways', () => {
  const start = (series: string, index: number): JobEvent => ({ type: 'series-start', series, index, of: 5 });
  const told = toldOf([
    ...['a', 'b', 'c', 'd'].flatMap((id, i) => [
      start(id, i + 1),
      warning(id, 'W_NOISE_VARIES', `By ${i} %.`, 'W_NOISE_VARIES/x'),
    ]),
    warning('b', 'W_RESIDUAL', 'Too much.', 'W_RESIDUAL/much'),
    warning('c', 'W_RESIDUAL', 'Next to nothing.', 'W_RESIDUAL/little'),
    warning(null, 'W_RESIDUAL', 'Of the run.', 'W_RESIDUAL/run'),
  ]);
  expect(told.slice(-4)).toEqual([
    'W_NOISE_VARIES: By 0 %. Look. (4 series: a, b, c, ...; the numbers are those of the first)\n',
    'W_RESIDUAL: Too much. Look. (b)\n',
    'W_RESIDUAL: Next to nothing. Look. (c)\n',
    'W_RESIDUAL: Of the run. Look.\n',
  ]);
});

it('counts refused files by what is said of them', () => {
  const refused = (reason: string, count: number) =>
    Array.from({ length: count }, (_, i) => warning(null, 'E_NIFTI', `${reason}${i}`, `E_NIFTI/x-${reason}`));
  const told = toldOf([...refused('magic', 5), ...refused('datatype', 1)]);
  expect(told).toContain('E_NIFTI: datatype0 Look. [/datatype0]\n');
  expect(told.filter((line) => line.includes('magic'))).toHaveLength(3);
  expect(told).toContain('E_NIFTI: ... and 2 more\n');
});
