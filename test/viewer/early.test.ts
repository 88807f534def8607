import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src-renderer/viewer/image/answer.js';
import { EarlyAnswers } from '../../src-renderer/viewer/image/early.js';

const PLANE: Answer = { kind: 'frame', header: '{}', body: new ArrayBuffer(4) };

/** With the addresses that it asked for, and the signals that went with them. */
function answering(answer: () => Answer | Promise<Answer>) {
  const asked: string[] = [];
  const signals: AbortSignal[] = [];
  const early = new EarlyAnswers(async (url, signal) => {
    asked.push(url);
    signals.push(signal);
    return answer();
  });
  return { early, asked, signals };
}

describe('planes that are asked for ahead', () => {
  it('are not asked for again by who needs them, but by the next who does', async () => {
    const { early, asked } = answering(() => PLANE);
    early.ahead(['/frames/a/0', '/frames/b/0']);
    early.ahead(['/frames/a/0', '/frames/b/0']);
    expect(asked).toEqual(['/frames/a/0', '/frames/b/0']);
    const { signal } = new AbortController();
    expect(await early.take('/frames/a/0', signal)).toBe(PLANE);
    expect(asked).toHaveLength(2);
    await early.take('/frames/a/0', signal);
    expect(asked).toEqual(['/frames/a/0', '/frames/b/0', '/frames/a/0']);
  });

  it('are given up where others are likelier, or who came for them needs them no longer', () => {
    const { early, signals } = answering(() => new Promise(() => {}));
    early.ahead(['/frames/a/1', '/frames/b/1']);
    early.ahead(['/frames/b/1']);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    const wish = new AbortController();
    void early.take('/frames/b/1', wish.signal);
    wish.abort();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('are asked for once more where they could not be had', async () => {
    const answers: Answer[] = [{ kind: 'unreachable' }, PLANE];
    const { early } = answering(() => answers.shift() ?? { kind: 'unreachable' });
    early.ahead(['/frames/c/0']);
    expect(await early.take('/frames/c/0', new AbortController().signal)).toBe(PLANE);
  });
});
