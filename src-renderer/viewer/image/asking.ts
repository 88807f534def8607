import { type Answer, ask } from './answer.js';
import type { Answered, Wish } from './asking.worker.js';
import { EarlyAnswers } from './early.js';

interface Waiting {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

/** The page's line to its worker that asks for planes; without one, the page asks itself. */
class Asking {
  readonly #worker: Worker | null;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #isLost = false;

  constructor() {
    this.#worker = started();
    this.#worker?.addEventListener('message', ({ data }: MessageEvent<Answered>) => this.#take(data));
    // It did not start, as where a policy forbids it: nothing of what was asked will come.
    this.#worker?.addEventListener('error', () => this.#lose());
  }

  ask(url: string, signal: AbortSignal): Promise<Answer> {
    if (this.#worker === null || this.#isLost) return ask(url, signal);
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const id = this.#next++;
      this.#waiting.set(id, { url, signal, resolve, reject });
      signal.addEventListener('abort', () => {
        if (!this.#waiting.delete(id)) return;
        worker.postMessage({ id, url: null } satisfies Wish);
        reject(signal.reason);
      });
      worker.postMessage({ id, url: new URL(url, location.href).href } satisfies Wish);
    });
  }

  #take({ id, answer }: Answered): void {
    this.#waiting.get(id)?.resolve(answer);
    this.#waiting.delete(id);
  }

  #lose(): void {
    this.#isLost = true;
    const left = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { url, signal, resolve } of left) resolve(ask(url, signal));
  }
}

function started(): Worker | null {
  if (typeof Worker === 'undefined') return null;
  try {
    return new Worker(new URL('./asking.worker.ts', import.meta.url), { type: 'module', name: 'planes' });
  } catch {
    // The page asks itself.
    return null;
  }
}

let line: Asking | null = null;

function asking(): Asking {
  line ??= new Asking();
  return line;
}

/** Has the worker there before the first plane is asked for: to fetch and compile it is no work of a first image. */
export function startAsking(): void {
  asking();
}

const early = new EarlyAnswers((url, signal) => asking().ask(url, signal));

/** Asks for planes that are likely needed next, and gives up those of the last call that nobody came for. */
export function askAhead(urls: readonly string[]): void {
  early.ahead(urls);
}

/** Asks for the plane at an address, beside the page where that can be. @throws an AbortError where it was given up */
export function askBeside(url: string, signal: AbortSignal): Promise<Answer> {
  return early.take(url, signal);
}
