/** What works on whole planes in artifacts/remove, in one module: its memory is the host's, from its start. */
export { columns as transformColumns, rows as transformRows } from './fourier';
export { leastVariation } from './variation';
export { layWaves, without } from './waves';

const PAGE: usize = 65536;

/** @returns whether there is so much memory, in bytes */
export function provide(bytes: usize): bool {
  const pages = <i32>((bytes + PAGE - 1) / PAGE) - memory.size();
  return pages <= 0 || memory.grow(pages) >= 0;
}
