import { fault } from '../../contract/errors.js';

const BREAK = Buffer.from('\r\n');
const END = Buffer.from('--');
const BLANK = Buffer.from('\r\n\r\n');
/** A part has a line or two of headers. */
const MOST_HEADERS = 16_384;

/**
 * The parts of a multipart body (RFC 2046 section 5.1.1), each as its bytes without headers. What of a part was not
 * read is passed over when the next is asked for.
 *
 * @throws LimpidError E_NETWORK where the body ends within a part, or is none
 */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<AsyncGenerator<Buffer>> {
  if (boundary === '') throw broken();
  const reader = new Reader(body, Buffer.from(`\r\n--${boundary}`));
  await exhaust(reader.untilDelimiter());
  while (await reader.beginsPart()) {
    const part = reader.untilDelimiter();
    yield part;
    await exhaust(part);
  }
}

async function exhaust(part: AsyncGenerator<Buffer>): Promise<void> {
  for await (const _ of part);
}

function broken() {
  return fault('E_NETWORK/dicomweb');
}

class Reader {
  readonly #from: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** The first delimiter may stand at the very start, without the break before it. */
  #held: Buffer = BREAK;

  constructor(body: AsyncIterable<Uint8Array>, delimiter: Buffer) {
    this.#from = body[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  /** Up to the next delimiter, which is taken too. */
  async *untilDelimiter(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(this.#delimiter);
      const end = at >= 0 ? at : Math.max(0, this.#held.length - this.#delimiter.length + 1);
      const found = this.#held.subarray(0, end);
      this.#held = this.#held.subarray(at >= 0 ? end + this.#delimiter.length : end);
      if (found.length > 0) yield found;
      if (at >= 0) return;
      await this.#more();
    }
  }

  /** After a delimiter: takes the headers of the part that follows; false at the end. */
  async beginsPart(): Promise<boolean> {
    while (this.#held.length < END.length) await this.#more();
    if (this.#held.subarray(0, END.length).equals(END)) return false;
    for (;;) {
      const at = this.#held.indexOf(BLANK);
      if (at >= 0) {
        this.#held = this.#held.subarray(at + BLANK.length);
        return true;
      }
      if (this.#held.length > MOST_HEADERS) throw broken();
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#from.next();
    if (done === true) throw broken();
    this.#held = Buffer.concat([this.#held, value]);
  }
}
