/** The kernel of planes/, compiled from AssemblyScript (build/vite.assembly.ts). Addresses are in bytes. */
declare module '*/kernel/planes.ts?wasm' {
  interface Kernel {
    readonly memory: { readonly buffer: ArrayBuffer };
    /** @returns 0 where there is not enough memory */
    provide(bytes: number): number;
    transformColumns(
      re: number,
      im: number,
      pitch: number,
      from: number,
      to: number,
      scale: number,
      plan: number,
      work: number,
    ): void;
    transformRows(
      re: number,
      im: number,
      pitch: number,
      count: number,
      scale: number,
      plan: number,
      work: number,
    ): void;
    leastVariation(
      re: number,
      im: number,
      aheadRe: number,
      aheadIm: number,
      duals: number,
      knownRe: number,
      knownIm: number,
      columns: number,
      rows: number,
      highestX: number,
      highestY: number,
      dual: number,
      primal: number,
      iterations: number,
      planX: number,
      planY: number,
      work: number,
    ): void;
    layWaves(base: number, columns: number, rows: number, pitch: number): void;
    without(
      cosines: number,
      sines: number,
      c: number,
      s: number,
      sign: number,
      reach: number,
      slack: number,
    ): number;
  }

  export function instantiate(): Kernel;
}
