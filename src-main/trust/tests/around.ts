import type { Volume } from '../../imaging/volume.js';

/** Mean of a pixel and those around it in the plane that there are. @param start where the plane begins */
export function meanAround({ data, columns, rows }: Volume, start: number, x: number, y: number): number {
  let sum = 0;
  let count = 0;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++)
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
      sum += data[start + row * columns + column];
      count++;
    }
  return sum / count;
}
