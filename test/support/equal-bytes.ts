import { expect } from 'vitest';

/**
 * Takes typed arrays of one kind with the same bytes for equal at once: held value by value, as vitest does, the pixels
 * of a volume take seconds. Arrays with other bytes go its usual way, which also tells where they differ.
 */
expect.addEqualityTesters([
  (a: unknown, b: unknown): boolean | undefined =>
    ArrayBuffer.isView(a) &&
    ArrayBuffer.isView(b) &&
    a.constructor === b.constructor &&
    bytes(a).equals(bytes(b))
      ? true
      : undefined,
]);

function bytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
