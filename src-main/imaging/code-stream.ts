/**
 * Lossless coding of planes of small whole numbers: an adaptive binary range coder (Martin 1979, in the form of the
 * LZMA SDK's) over the bits of each number, most significant first. A bit's probability is the mean of what followed
 * in three contexts, each weighed by how sure it is: of names, the left, the upper and both neighbours; of amounts,
 * none, and about how large the left and the upper neighbour are together. Whole numbers only, so that every machine
 * decodes alike.
 */
export interface CodePlanes {
  /** planes * rows * columns numbers below `codes`, column fastest. */
  readonly indices: Uint16Array;
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
  readonly codes: number;
  /** Numbers that are amounts, and their zero; absent: names, of which none is near another. */
  readonly zero?: number;
}

type Contexts = readonly [number, number, number];

const ONE = 4096;
const TABLE_BITS = 22;
const TOP = 2 ** 24;

export function encodeCodes(given: CodePlanes): Uint8Array {
  const coder = encoder();
  walk(given, given.indices, (share, bit) => {
    coder.bit(share, bit);
    return bit;
  });
  return coder.end();
}

/** @param size as it was encoded; bytes that end too early count as zeros: check them beforehand */
export function decodeCodes(bytes: Uint8Array, size: Omit<CodePlanes, 'indices'>): Uint16Array {
  const indices = new Uint16Array(size.planes * size.rows * size.columns);
  const coder = decoder(bytes);
  walk(size, indices, (share) => coder(share));
  return indices;
}

/** Goes through all bits: `each` is told the probability of 0, of 4096, and the known bit, and gives the bit. */
function walk(
  { planes, rows, columns, codes, zero }: Omit<CodePlanes, 'indices'>,
  indices: Uint16Array,
  each: (share: number, bit: number) => number,
): void {
  const bits = Math.max(1, Math.ceil(Math.log2(codes)));
  const table = new Uint16Array(3 << TABLE_BITS).fill(ONE / 2);
  for (let at = 0; at < planes * rows * columns; at++) {
    const inPlane = at % (rows * columns);
    const left = inPlane % columns > 0 ? indices[at - 1] : codes;
    const above = inPlane >= columns ? indices[at - columns] : codes;
    const [first, second, third] =
      zero === undefined ? nameContexts(left, above) : amountContexts(left, above, codes, zero);
    let node = 1;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const slots = [slot(0, first, node), slot(1, second, node), slot(2, third, node)];
      const share = weighed(slots.map((one) => table[one]));
      const value = each(Math.min(ONE - 32, Math.max(32, share)), (indices[at] >> bit) & 1);
      slots.forEach((one, i) => {
        const rate = i === 2 ? 3 : 4;
        table[one] += value === 0 ? (ONE - table[one]) >> rate : -(table[one] >> rate);
      });
      node = 2 * node + value;
    }
    indices[at] = node - (1 << bits);
  }
}

function nameContexts(left: number, above: number): Contexts {
  return [pairOf(left, 0), pairOf(above, 0), pairOf(left, above + 1)];
}

/** Beyond the edge, where a neighbour is `codes`, it counts as zero. */
function amountContexts(left: number, above: number, codes: number, zero: number): Contexts {
  const [one, other] = [left, above].map((at) => (at === codes ? 0 : at - zero));
  return [0, classOf(one + other), pairOf(classOf(one), classOf(other))];
}

/** Zero, or sign and bits of a number. */
function classOf(value: number): number {
  return 2 * (32 - Math.clz32(Math.abs(value))) + (value < 0 ? 1 : 0);
}

function pairOf(first: number, second: number): number {
  return Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
}

/** The mean, each weighed by how sure it is. */
function weighed(shares: readonly number[]): number {
  let [sum, weights] = [0, 0];
  for (const share of shares) {
    const weight = 1 + (((share - ONE / 2) ** 2) >> 6);
    sum += weight * share;
    weights += weight;
  }
  return Math.floor(sum / weights);
}

/** Contexts that share a slot only cost bits. */
function slot(kind: number, context: number, node: number): number {
  const hash = Math.imul(context, 0xc2b2ae35);
  return (
    (kind << TABLE_BITS) + (Math.imul(hash ^ Math.imul(node, 0x27d4eb2f), 0x165667b1) >>> (32 - TABLE_BITS))
  );
}

function encoder() {
  const out: number[] = [];
  let [low, range, kept, pending] = [0, 2 ** 32 - 1, 0, 1];
  const shift = (): void => {
    if (low < 0xff000000 || low >= 2 ** 32) {
      const carry = low >= 2 ** 32 ? 1 : 0;
      for (; pending > 0; pending--) {
        out.push((kept + carry) & 255);
        kept = 255;
      }
      kept = Math.floor(low / TOP) & 255;
    }
    pending++;
    low = (low % TOP) * 256;
  };
  return {
    bit(share: number, bit: number): void {
      const bound = Math.floor(range / ONE) * share;
      if (bit === 0) range = bound;
      else {
        low += bound;
        range -= bound;
      }
      for (; range < TOP; range *= 256) shift();
    },
    end(): Uint8Array {
      for (let i = 0; i < 5; i++) shift();
      return Uint8Array.from(out);
    },
  };
}

function decoder(bytes: Uint8Array): (share: number) => number {
  let [range, code, at] = [2 ** 32 - 1, 0, 1];
  const next = (): number => bytes[at++] ?? 0;
  for (let i = 0; i < 4; i++) code = code * 256 + next();
  return (share) => {
    const bound = Math.floor(range / ONE) * share;
    const bit = code < bound ? 0 : 1;
    if (bit === 0) range = bound;
    else {
      code -= bound;
      range -= bound;
    }
    for (; range < TOP; range *= 256) code = code * 256 + next();
    return bit;
  };
}
