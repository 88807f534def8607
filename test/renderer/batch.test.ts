import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src-main/contract/trust.js';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import { csvOf, valuesOf, verdictOfJob } from '../../src-renderer/batch/batch.js';
import { card, input, job, request } from './cards.js';

function done(...verdicts: readonly Verdict[]): JobRecord['result'] {
  return {
    type: 'result',
    command: 'denoise',
    exitCode: 0,
    report: null,
    problems: [],
    series: verdicts.map((verdict, i) => ({
      series: `s${i}`,
      status: 'done',
      problem: null,
      outputs: [],
      derivedSeriesInstanceUid: null,
      trust: { verdict, blend: null },
    })),
  };
}

describe('jobs of the batch', () => {
  it('have the worst verdict of their series, and none where nothing was judged', () => {
    expect(verdictOfJob(job({ result: done('pass', 'fail', 'warn') }))).toBe('fail');
    expect(verdictOfJob(job({ result: done('pass', 'pass') }))).toBe('pass');
    expect(verdictOfJob(job({ result: done() }))).toBeNull();
    expect(verdictOfJob(job())).toBeNull();
  });

  it('are as large as the series that they would denoise, where these are open', () => {
    const size = { columns: 10, rows: 10, slices: 2, frames: 1 };
    const series = [
      card({ ...size, id: 'a' }),
      card({ ...size, id: 'b' }),
      card({ ...size, id: 'c', derived: true }),
      card({ ...size, id: 'd', eligible: false }),
    ];
    expect(valuesOf(job(), [input({ series })])).toBe(400);
    expect(valuesOf(job({ request: request({ only: ['a'] }) }), [input({ series })])).toBe(200);
    expect(valuesOf(job({ request: request({ input: '/closed' }) }), [input({ series })])).toBe(0);
  });

  it('become a table that no spreadsheet runs', () => {
    const table = csvOf(
      [job({ result: done('warn') })],
      () => '=1+1,"x"',
      () => ({ accepted: ['s0'], trashed: false }),
    );
    expect(table.split('\r\n')[1]).toContain(`"'=1+1,""x"""`);
    expect(table.split('\r\n')[1]).toContain('s0,done,warn,,yes,');
  });
});
