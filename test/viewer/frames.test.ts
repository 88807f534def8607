import * as http from 'node:http';
import { describe, expect, it } from 'vitest';
import { commandOf, SHORTCUTS } from '../../src-renderer/shared/viewer-keys.js';
import { ask, bodyOf } from '../../src-renderer/viewer/image/answer.js';
import {
  type Frame,
  FrameStore,
  frameLoader,
  mebibytesFor,
  neighbours,
} from '../../src-renderer/viewer/image/frames.js';
import { initialState, zoomAt } from '../../src-renderer/viewer/session/view-state.js';
import en from '../../src-renderer/words/languages/en.json';

function frame(series: string, index: number, bytes = 512 * 1024): Frame {
  const pixels = new Int16Array(bytes / 2);
  return {
    series,
    index,
    columns: 1,
    rows: 1,
    slope: 1,
    intercept: 0,
    minimum: 0,
    maximum: 0,
    windows: [],
    pixels,
  };
}

/** A loader whose answers come when the test says so. */
function manual() {
  const asked: string[] = [];
  const open = new Map<
    string,
    { resolve: (f: Frame) => void; reject: (e: Error) => void; signal: AbortSignal }
  >();
  const load = (series: string, index: number, signal: AbortSignal): Promise<Frame> => {
    asked.push(`${series}${index}`);
    return new Promise((resolve, reject) => {
      open.set(`${series}${index}`, { resolve, reject, signal });
      signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
    });
  };
  const answer = async (series: string, index: number) => {
    open.get(`${series}${index}`)?.resolve(frame(series, index));
    // Promises that are settled have been heard by all when a timer's turn comes.
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { asked, open, load, answer };
}

describe('frames', () => {
  it('asks once for a frame, whoever wants it', async () => {
    const { asked, load, answer } = manual();
    const store = new FrameStore(load, 10);
    const both = Promise.all([store.frame('a', 1), store.frame('a', 1)]);
    await answer('a', 1);
    const [one, two] = await both;
    expect(one).toBe(two);
    expect(await store.frame('a', 1)).toBe(one);
    expect(asked).toEqual(['a1']);
  });

  it('holds no more than its bound, and drops what was used longest ago', async () => {
    const store = new FrameStore(async (series, index) => frame(series, index), 2);
    for (const index of [0, 1, 2, 3]) await store.frame('a', index);
    expect(store.bytes).toBe(2 * 1024 * 1024);
    store.held('a', 0);
    await store.frame('a', 4);
    expect(store.bytes).toBe(2 * 1024 * 1024);
    expect(store.held('a', 0)).not.toBeNull();
    expect(store.held('a', 1)).toBeNull();
    store.forget();
    expect([store.bytes, store.held('a', 0)]).toEqual([0, null]);
  });

  it('holds hundreds of small frames on a large machine and no more, and some dozens of large ones', async () => {
    const held = async (mebibytes: number, count: number) => {
      const pixels = new Int16Array((mebibytes * 2 ** 20) / 2);
      const store = new FrameStore(async (series, index) => ({ ...frame(series, index), pixels }), 2048);
      for (let index = 0; index < count; index++) await store.frame('a', index);
      return store.bytes / (mebibytes * 2 ** 20);
    };
    expect(await held(0.5, 1000)).toBe(512);
    expect(await held(8, 100)).toBe(64);
    expect(await held(64, 40)).toBe(32);
  });

  it('fetches ahead two at a time, and gives up what is no longer near', async () => {
    const { asked, open, load, answer } = manual();
    const store = new FrameStore(load, 10);
    store.prefetch([1, 2, 3, 4].map((index) => ['a', index] as const));
    expect(asked).toEqual(['a1', 'a2']);
    await answer('a', 1);
    expect(asked).toEqual(['a1', 'a2', 'a3']);
    const wanted = store.frame('a', 3);
    store.prefetch([['a', 9]]);
    expect(open.get('a2')?.signal.aborted).toBe(true);
    expect(open.get('a3')?.signal.aborted).toBe(false);
    await answer('a', 3);
    expect((await wanted).index).toBe(3);
    expect(asked).toEqual(['a1', 'a2', 'a3', 'a9']);
  });

  it('holds a share of the memory of the machine, and fetches no more ahead than half of it holds', () => {
    expect([undefined, 2, 8, 16, 32, 512].map(mebibytesFor)).toEqual([256, 256, 512, 1024, 2048, 2048]);
    const store = new FrameStore(async (series, index) => frame(series, index), 256);
    const mebibytes = (count: number) => count * 1024 * 1024;
    expect([0.5, 16, 32, 50, 300].map((size) => store.reach(mebibytes(size)))).toEqual([8, 8, 4, 2, 1]);
  });

  it('does not ask for ever for a frame that fails, and tries again when it is wanted', async () => {
    let count = 0;
    const store = new FrameStore(async () => {
      count++;
      throw new Error('no');
    }, 10);
    store.prefetch([['a', 1]]);
    // Nothing here waits for a disk or a network: all that follows from the failure is done before a timer's turn.
    await new Promise((resolve) => setTimeout(resolve));
    expect(count).toBe(1);
    await expect(store.frame('a', 1)).rejects.toThrow('no');
    expect(count).toBe(2);
  });

  it('looks ahead in the direction of travel', () => {
    expect(neighbours(5, 10, 1, 3)).toEqual([6, 4, 7, 3, 8]);
    expect(neighbours(5, 10, -1, 3)).toEqual([4, 6, 3, 7, 2]);
    expect(neighbours(0, 10, 0, 2)).toEqual([1, 2]);
  });

  it('tells an app that cannot be reached from one that refuses', async () => {
    const load = frameLoader(() => 'http://127.0.0.1:1/frame', ask);
    await expect(load('a', 0, new AbortController().signal)).rejects.toMatchObject({ code: 'E_IO' });
  });

  describe.each([
    ['written where it belongs', (bytes: Uint8Array) => new Response(bytes.slice())],
    [
      'gathered, where a browser cannot write it there',
      (bytes: Uint8Array) =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (let i = 0; i < bytes.length; i += 1000) controller.enqueue(bytes.slice(i, i + 1000));
              controller.close();
            },
          }),
        ),
    ],
  ] as const)('a body that is %s', (_, responseOf) => {
    const bytes = Uint8Array.from({ length: 300_000 }, (__, i) => (i * 7) % 251);
    it('comes whole', async () => {
      const body = await bodyOf(responseOf(bytes), bytes.length);
      expect(body === null ? null : Buffer.compare(Buffer.from(body), bytes)).toBe(0);
    });
    it.each([-1, 1])('is none where %i byte is told too many', async (more) => {
      expect(await bodyOf(responseOf(bytes), bytes.length + more)).toBeNull();
    });
  });

  it('refuses a plane that is shorter or longer than its header, and one without a header', async () => {
    const header = { columns: 4, rows: 3, slope: 1, intercept: 0, minimum: 0, maximum: 9, windows: [] };
    const sent = { header: JSON.stringify({ ...header, pixels: 'int16' }), length: 24 };
    const server = http.createServer((_, response) => {
      if (sent.header !== '') response.setHeader('x-limpid-frame', sent.header);
      response.end(Buffer.alloc(sent.length, 1));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const load = frameLoader(() => `http://127.0.0.1:${port}/`, ask);
    const loaded = () => load('a', 0, new AbortController().signal);
    try {
      expect((await loaded()).pixels).toEqual(new Int16Array(12).fill(0x0101));
      for (const length of [23, 25, 0]) {
        sent.length = length;
        await expect(loaded()).rejects.toMatchObject({ code: 'E_PIXEL_LENGTH' });
      }
      sent.header = '';
      await expect(loaded()).rejects.toMatchObject({ code: 'E_IO' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('keys', () => {
  it('are unique, and every command has words', () => {
    const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
    const named = Object.keys(en).filter((key) => key.startsWith('viewer.commands.'));
    expect(new Set(SHORTCUTS.map(({ command }) => `viewer.commands.${command}`))).toEqual(new Set(named));
  });

  it('find their command whatever the keyboard', () => {
    const none = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
    expect(commandOf({ ...none, key: '+', shiftKey: true })).toBe('zoom-in');
    expect(commandOf({ ...none, key: 'G', shiftKey: true })).toBe('strength-down');
    expect(commandOf({ ...none, key: 'R' })).toBe('tool-rectangle');
    expect(commandOf({ ...none, key: 'ArrowUp', ctrlKey: true })).toBe('pan-up');
    expect(commandOf({ ...none, key: 'd', ctrlKey: true })).toBeNull();
    expect(commandOf({ ...none, key: 'f', altKey: true })).toBeNull();
  });
});

describe('state', () => {
  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(initialState()))).toEqual(initialState());
  });

  it('keeps the point under the pointer when it zooms', () => {
    const view = { ...initialState(), pan: { x: 4, y: -3 } };
    const at = { x: 30, y: 12 };
    const point = () => [at.x / view.zoom - view.pan.x, at.y / view.zoom - view.pan.y];
    const before = point();
    zoomAt(view, 2.5, at);
    expect(view.zoom).toBe(2.5);
    expect(point()[0]).toBeCloseTo(before[0]);
    expect(point()[1]).toBeCloseTo(before[1]);
  });
});
