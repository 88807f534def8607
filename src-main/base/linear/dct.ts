/** The orthonormal DCT-II of `length` values: row k holds the k-th basis function. */
export function cosines(length: number): Float64Array {
  return Float64Array.from({ length: length * length }, (_, at) => {
    const k = Math.floor(at / length);
    const phase = (Math.PI * ((at % length) + 0.5) * k) / length;
    return Math.sqrt((k === 0 ? 1 : 2) / length) * Math.cos(phase);
  });
}

export function forward8x8(block: Float64Array): void {
  for (let i = 0; i < 64; i += 8) transform8(block, i, 1, 8, 1);
  for (let i = 0; i < 8; i++) transform8(block, i, 8, 8, 1);
}

/** The basis by rows (8, 1) or, for the inverse, by columns (1, 8). */
export function transform8(
  block: Float64Array,
  start: number,
  step: number,
  row: number,
  column: number,
): void {
  for (let k = 0; k < 8; k++) {
    let sum = 0;
    for (let i = 0; i < 8; i++) sum += BASIS_8[k * row + i * column] * block[start + i * step];
    line[k] = sum;
  }
  for (let k = 0; k < 8; k++) block[start + k * step] = line[k];
}

const BASIS_8 = cosines(8);

const line = new Float64Array(8);
