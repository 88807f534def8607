/** The kernel of bayes.ts, compiled from AssemblyScript (build/vite.assembly.ts); kernel/layout.ts says what lies where. */
declare module '*/kernel/restore.ts?wasm' {
  interface Address {
    readonly value: number;
  }

  interface Kernel {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly frame: Address;
    readonly pilot: Address;
    readonly sums: Address;
    readonly counts: Address;
    readonly lines: Address;
    readonly noise: Address;
    readonly pivots: Address;
    readonly window: Address;
    /** Rows of the covariance of the noise, and values from one to the next. */
    readonly size: Address;
    readonly stride: Address;
    /** @returns 0 where there is not enough memory */
    prepare(
      columns: number,
      rows: number,
      slices: number,
      width: number,
      height: number,
      depth: number,
      block: number,
      reach: number,
      lines: number,
      group: number,
      restored: number,
      flat: number,
      variance: number,
      single: number,
      enough: number,
    ): number;
    restore(x: number, y: number, z: number): void;
  }

  export function instantiate(): Kernel;
}
