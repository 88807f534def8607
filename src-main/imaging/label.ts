/** 3 x 5 pixels a letter, a row a number of three bits. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  S: [0b111, 0b100, 0b111, 0b001, 0b111],
  Y: [0b101, 0b101, 0b010, 0b010, 0b010],
  N: [0b111, 0b101, 0b101, 0b101, 0b101],
  T: [0b111, 0b010, 0b010, 0b010, 0b010],
  H: [0b101, 0b101, 0b111, 0b101, 0b101],
  E: [0b111, 0b100, 0b110, 0b100, 0b111],
  I: [0b111, 0b010, 0b010, 0b010, 0b111],
  C: [0b111, 0b100, 0b100, 0b100, 0b111],
};
const WORD = 'SYNTHETIC';
const [WIDE, HIGH] = [4, 6];

/** Pixels that the word takes at its smallest, with its border: columns and rows. */
export const LABEL_SIZE = [WORD.length * WIDE + 1, HIGH + 1] as const;

/**
 * Burns the word SYNTHETIC into the top left corner of an image, on a dark ground, as large as half the width takes
 * but never smaller than a pixel a dot. What does not fit is cut.
 *
 * @param values rows * columns, column fastest; changed in place
 */
export function burnSynthetic(
  values: Float32Array,
  rows: number,
  columns: number,
  { dark, bright }: { readonly dark: number; readonly bright: number },
): void {
  const dot = Math.max(1, Math.floor(columns / (2 * LABEL_SIZE[0])));
  for (let y = 0; y < Math.min(rows, dot * LABEL_SIZE[1]); y++)
    for (let x = 0; x < Math.min(columns, dot * LABEL_SIZE[0]); x++)
      values[y * columns + x] = isInk(Math.floor(x / dot), Math.floor(y / dot)) ? bright : dark;
}

function isInk(x: number, y: number): boolean {
  const [column, row] = [(x - 1) % WIDE, y - 1];
  if (x < 1 || row < 0 || column >= 3 || row >= 5) return false;
  const bits = LETTERS[WORD[Math.floor((x - 1) / WIDE)]]?.[row] ?? 0;
  return ((bits >> (2 - column)) & 1) === 1;
}
