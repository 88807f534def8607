/** Okabe and Ito (2008), told apart by colour-blind people too: red, green and blue from 0 to 255. */
const COLOURS = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
] as const;

/** Of a segment by its place among others, from 0; they come again where there are many. */
export function segmentColour(index: number): readonly [number, number, number] {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0];
}
