import { fault } from '../../../contract/errors.js';
import { instantiate, type Kernel } from '../kernel/planes.ts?wasm';

/** Of this thread; its memory is as large as its largest task so far. */
let opened: Kernel | undefined;

/** Bytes of a vector, and how far before and after a plane one may be read. */
const [ALIGNED, AROUND] = [16, 64];

/**
 * The memory of the kernel, laid out for one task: room is asked for first, then `open` makes sure that there is enough.
 * Who lays out anew gives up what was there.
 */
export class Layout {
  #top = AROUND;

  /** @returns address of room for so many values of 4 bytes */
  take(values: number): number {
    const at = this.#top;
    this.#top = Math.ceil((at + 4 * values + AROUND) / ALIGNED) * ALIGNED;
    return at;
  }

  /** @throws LimpidError E_INTERNAL where there is not enough memory */
  open(): Kernel {
    opened ??= instantiate();
    if (opened.provide(this.#top) === 0) throw fault('E_INTERNAL/refining');
    return opened;
  }
}

/** Values at an address, as long as no memory is added. */
export function floatsAt({ memory }: Kernel, address: number, length: number): Float32Array {
  return new Float32Array(memory.buffer, address, length);
}
