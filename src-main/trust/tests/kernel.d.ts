/** The kernel of detectors.ts, compiled from AssemblyScript (build/vite.assembly.ts). Addresses are in bytes. */
declare module '*/kernel/answers.ts?wasm' {
  interface Address {
    readonly value: number;
  }

  interface Kernel {
    readonly memory: { readonly buffer: ArrayBuffer };
    /** Pixels around a plane, values of a row with these, and values of a plane with these. */
    readonly RIM: Address;
    readonly pitch: Address;
    readonly framed: Address;
    readonly plane: Address;
    readonly blurred: Address;
    readonly weights: Address;
    readonly points: Address;
    readonly answers: Address;
    readonly sizes: Address;
    readonly amplitudes: Address;
    readonly detectors: Address;
    readonly shown: Address;
    /** @returns 0 where there is not enough memory */
    prepare(columns: number, rows: number, scales: number, spots: number, points: number): number;
    blur(from: number, to: number, reach: number): void;
    differ(count: number, around: number): void;
    add(count: number, scale: number, first: boolean): void;
    answer(spot: number, firstPoint: number, count: number): void;
    keepLarger(detector: number, scale: number, gain: number): void;
  }

  export function instantiate(): Kernel;
}
