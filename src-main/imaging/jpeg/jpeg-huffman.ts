import { cutShort, damaged } from './codestream.js';

/** Indexed by the next 16 bits: code length * 256 + symbol; 0 where no code starts so. */
export type HuffmanTable = Uint16Array;

/**
 * The decoding table of a Huffman specification (ITU-T T.81 annex C): how many codes of length 1 to 16, and their
 * symbols in order.
 *
 * @throws LimpidError E_CODEC when the codes do not fit.
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536);
  let next = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const span = 65_536 >> length;
    for (let i = 0; i < counts[length - 1]; i++) {
      if (next + span > 65_536) throw damaged('huffman-codes');
      table.fill(length * 256 + symbols[index++], next, next + span);
      next += span;
    }
  }
  return table;
}

/**
 * Reads the bits of an entropy-coded segment: removes stuffed zeros, stops at markers. Past the end it gives ones, as
 * T.81 pads, and `requireAll` tells whether any was consumed.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #bits = 0;
  /** Bits held. */
  #count = 0;
  /** How many of them, the last ones, are padding. */
  #padding = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next symbol. @throws LimpidError E_CODEC when no code matches. */
  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[(this.#bits >>> (this.#count - 16)) & 0xffff];
    if (entry === 0) throw this.#count - this.#padding < 16 ? cutShort() : damaged('code');
    this.#count -= entry >>> 8;
    return entry & 0xff;
  }

  /** A signed value of `size` bits, 0 to 16 (T.81 section F.2.2.1, EXTEND). */
  value(size: number): number {
    if (size === 0) return 0;
    if (this.#count < size) this.#fill();
    this.#count -= size;
    const bits = (this.#bits >>> this.#count) & (2 ** size - 1);
    return bits < 2 ** (size - 1) ? bits - 2 ** size + 1 : bits;
  }

  /** @throws LimpidError E_CODEC_TRUNCATED when more bits were taken than there are. */
  requireAll(): void {
    if (this.#count < this.#padding) throw cutShort();
  }

  /** Goes on after restart marker `index`. @throws LimpidError E_CODEC, E_CODEC_TRUNCATED. */
  restart(index: number): void {
    this.requireAll();
    if (this.#count - this.#padding >= 8) throw damaged('late-restart');
    this.#count = 0;
    this.#padding = 0;
    while (this.#bytes[this.#at] === 0xff && this.#bytes[this.#at + 1] === 0xff) this.#at++;
    if (this.#at + 1 >= this.#bytes.length) throw cutShort();
    if (this.#bytes[this.#at] !== 0xff || this.#bytes[this.#at + 1] !== 0xd0 + (index & 7))
      throw damaged('no-restart');
    this.#at += 2;
  }

  #fill(): void {
    while (this.#count <= 24) {
      let byte = 0xff;
      if (this.#at >= this.#bytes.length) this.#padding += 8;
      else if (this.#bytes[this.#at] !== 0xff) byte = this.#bytes[this.#at++];
      else if (this.#bytes[this.#at + 1] === 0) this.#at += 2;
      else this.#padding += 8;
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
