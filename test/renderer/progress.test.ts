import { describe, expect, it } from 'vitest';
import type { JobEvent, ProgressEvent } from '../../src-main/contract/events.js';
import { curvePath, lossRange } from '../../src-renderer/shared/loss-curve.js';
import { type JobView, NO_EVENTS, shareOf, withEvent } from '../../src-renderer/state/progress.js';

function progress(more: Partial<ProgressEvent>): ProgressEvent {
  return {
    type: 'progress',
    series: 's1',
    stage: 'train',
    unit: 'steps',
    done: 1,
    total: 10,
    rate: null,
    secondsLeft: null,
    ...more,
  };
}
const fold = (events: readonly JobEvent[]): JobView => events.reduce(withEvent, NO_EVENTS);

describe('what is known of a running job', () => {
  it('collects the learning curve, and starts it anew when training does', () => {
    const events = [1, 2, 3, 2].map((done) => progress({ done, loss: done }));
    expect(fold(events).curve.map(({ step }) => step)).toEqual([1, 2]);
    expect(fold([progress({ stage: 'denoise', loss: 1 })]).curve).toEqual([]);
  });

  it('keeps the curve of the series that is being restored, not of the one before', () => {
    const start = (series: string, index: number): JobEvent => ({
      type: 'series-start',
      series,
      index,
      of: 2,
    });
    const first = [start('s1', 1), progress({ loss: 1 }), progress({ stage: 'denoise' })];
    expect(fold(first).curve).toHaveLength(1);
    const second = fold([...first, start('s2', 2)]);
    expect(second).toMatchObject({ index: 2, of: 2, curve: [], progress: null });
  });

  it('lists each series once', () => {
    const done = (status: 'failed' | 'done'): JobEvent => ({
      type: 'series-done',
      series: 's1',
      status,
      problem: null,
      seconds: 1,
    });
    expect(fold([done('failed'), done('done')]).done.map(({ status }) => status)).toEqual(['done']);
  });

  it('has no share where the end is not known', () => {
    expect(shareOf(null)).toBeNull();
    expect(shareOf(progress({ total: null }))).toBeNull();
    expect(shareOf(progress({ total: 0 }))).toBeNull();
    expect(shareOf(progress({ done: 12 }))).toBe(1);
    expect(shareOf(progress({ done: 5 }))).toBe(0.5);
  });
});

describe('the drawn curve', () => {
  it('lies within its box, low losses at the bottom', () => {
    const path = curvePath(
      [
        [0, 9],
        [10, 1],
        [20, 2],
      ],
      { width: 100, height: 50 },
      { steps: 20, low: 1, high: 3 },
    );
    expect(path).toBe('M0.0 0.0L50.0 50.0L100.0 25.0');
  });

  it('leaves out the height of the first steps', () => {
    const curve = Array.from({ length: 100 }, (_, i) => ({ step: i, loss: i < 3 ? 100 : 1, heldOut: null }));
    expect(lossRange(curve).high).toBeLessThan(2);
    expect(lossRange([]).high).toBe(1);
  });
});
