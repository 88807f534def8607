/** What the app answered when asked for a plane: bytes and words, of which nothing is believed yet. */
export type Answer =
  | {
      readonly kind: 'frame';
      readonly header: string | null;
      /** Null where it is not as long as the header says. */
      readonly body: ArrayBuffer | null;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }
  | { readonly kind: 'unreachable' };

/** Asks for the plane at an address. @throws an AbortError where it was given up */
export async function ask(url: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) return { kind: 'refused', status: response.status, text: await response.text() };
    const header = response.headers.get('x-limpid-frame');
    const bytes = bytesTold(header);
    return { kind: 'frame', header, body: bytes === null ? null : await bodyOf(response, bytes) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'unreachable' };
  }
}

/** Length of the plane that a header tells of; null where it tells none. */
function bytesTold(header: string | null): number | null {
  try {
    const { columns, rows, pixels } = Object(JSON.parse(header ?? ''));
    const bytes = columns * rows * (pixels === 'float32' ? 4 : 2);
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
  } catch {
    // Who reads the header says what is wrong with it.
    return null;
  }
}

/**
 * The body of an answer, written as it comes into memory of its length: `arrayBuffer` gathers it piece by piece, and
 * takes twice the time.
 *
 * @returns null where it is shorter or longer than `bytes`
 */
export async function bodyOf(response: Response, bytes: number): Promise<ArrayBuffer | null> {
  const reader = directReader(response);
  if (reader === null) {
    const body = await response.arrayBuffer();
    return body.byteLength === bytes ? body : null;
  }
  let buffer = new ArrayBuffer(bytes);
  for (let filled = 0; filled < bytes; ) {
    const { value, done } = await reader.read(new Uint8Array(buffer, filled));
    if (done || value === undefined) return null;
    buffer = value.buffer;
    filled += value.byteLength;
  }
  const { done } = await reader.read(new Uint8Array(1));
  if (!done) await reader.cancel();
  return done ? buffer : null;
}

/** Null of a body that cannot be written where one wishes. */
function directReader({ body }: Response): ReadableStreamBYOBReader | null {
  try {
    return body?.getReader({ mode: 'byob' }) ?? null;
  } catch {
    // What comes is gathered then.
    return null;
  }
}
