import { afterEach, expect, it, vi } from 'vitest';
import { describeResult } from '../../../src-main/cli/terminal/describe.js';
import { openNarrator } from '../../../src-main/cli/terminal/narrator.js';
import type { JobEvent } from '../../../src-main/contract/events.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('tells the result first, then each warning of many series on one line', () => {
  const told: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      told.push(String(text));
      return true;
    });
  const warning = (series: string, code: 'W_RESIDUAL' | 'W_NOISE_VARIES', message: string): JobEvent => ({
    type: 'warning',
    series,
    problem: { code, message, remedy: 'Look.' },
  });
  const events: JobEvent[] = [
    warning('a', 'W_RESIDUAL', 'Same.'),
    warning('a', 'W_NOISE_VARIES', 'By 5 %.'),
    warning('b', 'W_RESIDUAL', 'Same.'),
    warning('b', 'W_NOISE_VARIES', 'By 6 %.'),
    { type: 'result', command: 'denoise', exitCode: 0, series: [], report: null, problems: [] },
  ];
  const narrator = openNarrator({ bars: false });
  for (const event of events) narrator.tell(event, { describe: describeResult });
  vi.restoreAllMocks();
  expect(told).toEqual([
    'series: none\nNot for diagnostic use.\n',
    'W_RESIDUAL: Same. Look. (2 series)\n',
    'W_NOISE_VARIES: By 5 %. Look. (2 series; the numbers are those of the first)\n',
  ]);
});
