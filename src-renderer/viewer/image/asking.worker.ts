/** Asks for planes beside the page: what comes is megabytes, and the page has to draw meanwhile. */
import { type Answer, ask } from './answer.js';

/** What the page wants: a plane, or one that it asked for no longer. */
export type Wish =
  | { readonly id: number; readonly url: string }
  | { readonly id: number; readonly url: null };

export interface Answered {
  readonly id: number;
  readonly answer: Answer;
}

const asked = new Map<number, AbortController>();

self.addEventListener('message', ({ data: { id, url } }: MessageEvent<Wish>) => {
  if (url === null) {
    asked.get(id)?.abort();
    asked.delete(id);
    return;
  }
  const abort = new AbortController();
  asked.set(id, abort);
  ask(url, abort.signal).then(
    (answer) => {
      asked.delete(id);
      const answered: Answered = { id, answer };
      const body = answer.kind === 'frame' ? answer.body : null;
      self.postMessage(answered, { transfer: body === null ? [] : [body] });
    },
    // The page gave it up, and waits no longer.
    () => asked.delete(id),
  );
});
