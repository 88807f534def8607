import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppService } from '../../src-main/app/service.js';
import type { AppEvent, JobRecord, JobState } from '../../src-main/contract/window/app.js';
import { showWork } from '../../src-main/shell/work-signs.js';
import { denoiseRequest } from '../jobs/fixtures.js';

/** What the system was told. */
const told = vi.hoisted(() => ({ notes: [] as string[], blocked: 0 }));
vi.mock('electron', () => ({
  Notification: class {
    static isSupported = () => true;
    readonly #body: string;
    constructor({ body }: { body: string }) {
      this.#body = body;
    }
    on(): void {}
    show(): void {
      told.notes.push(this.#body);
    }
  },
  powerSaveBlocker: {
    start: () => ++told.blocked,
    stop: () => told.blocked--,
  },
}));

let hear: (event: AppEvent) => void = () => {};
let focused = false;
const bars: number[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  Object.assign(told, { notes: [], blocked: 0 });
  bars.length = 0;
  focused = false;
  const service: Pick<AppService, 'subscribe'> = {
    subscribe(listener) {
      hear = listener;
      return () => {};
    },
  };
  const window = {
    setProgressBar: (share: number) => void bars.push(share),
    isFocused: () => focused,
    show: () => {},
    focus: () => {},
  };
  showWork(service, () => window);
});
afterEach(() => {
  vi.useRealTimers();
});

function queue(state: JobState): void {
  const job: JobRecord = {
    id: 'j',
    request: denoiseRequest('/in/Jane Doe', '/out'),
    state,
    createdAt: '2026-01-01T00:00:00.000Z',
    progress: null,
    result: null,
  };
  hear({ type: 'queue', queue: { paused: false, jobs: [job] } });
}

describe('signs of work outside the window', () => {
  it('tell the end of long work, without names, and keep the machine awake only while it lasts', () => {
    queue('running');
    expect(told.blocked).toBe(1);
    vi.advanceTimersByTime(30_000);
    queue('done');
    expect(told).toEqual({ notes: ['The job is done.'], blocked: 0 });
    expect(bars.at(-1)).toBe(-1);
  });

  it('tell problems too, but neither short work, nor what was stopped, nor who looks at the window', () => {
    const run = (seconds: number, state: JobState) => {
      queue('running');
      vi.advanceTimersByTime(1000 * seconds);
      queue(state);
    };
    run(5, 'done');
    run(30, 'cancelled');
    focused = true;
    run(30, 'done');
    expect(told.notes).toEqual([]);
    focused = false;
    run(30, 'failed');
    expect(told.notes).toEqual(['The job ended with problems.']);
  });

  it('show how far a job is in the task bar, and work without a known end as such', () => {
    const progress = {
      type: 'progress',
      series: null,
      stage: 'train',
      unit: 'steps',
      rate: null,
      secondsLeft: null,
    } as const;
    const at = (done: number, total: number | null) =>
      hear({ type: 'job', job: 'j', event: { ...progress, done, total } });
    at(25, 100);
    at(3, null);
    at(120, 100);
    expect(bars).toEqual([0.25, 2, 1]);
  });
});
