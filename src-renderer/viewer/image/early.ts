import type { Answer } from './answer.js';

type Ask = (url: string, signal: AbortSignal) => Promise<Answer>;

/** Planes that are asked for before anybody needs them, by their address. */
export class EarlyAnswers {
  readonly #ask: Ask;
  readonly #early = new Map<string, { readonly answer: Promise<Answer>; readonly abort: AbortController }>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Asks for planes that are likely needed next, and gives up those of the last call that nobody came for. */
  ahead(urls: readonly string[]): void {
    for (const [url, { abort }] of this.#early)
      if (!urls.includes(url)) {
        this.#early.delete(url);
        abort.abort();
      }
    for (const url of urls) {
      if (this.#early.has(url)) continue;
      const abort = new AbortController();
      const answer = this.#ask(url, abort.signal);
      // Who comes for it hears of it.
      answer.catch(() => undefined);
      this.#early.set(url, { answer, abort });
    }
  }

  /** The plane at an address, once: who wants it again asks again. @throws an AbortError where it was given up */
  async take(url: string, signal: AbortSignal): Promise<Answer> {
    const known = this.#early.get(url);
    if (known === undefined) return this.#ask(url, signal);
    this.#early.delete(url);
    signal.addEventListener('abort', () => known.abort.abort());
    const answer = await known.answer;
    // What could not be had before may be there by now.
    return answer.kind === 'frame' ? answer : this.#ask(url, signal);
  }
}
