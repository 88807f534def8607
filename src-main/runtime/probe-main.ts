import { probe } from './probe.js';

/** The process that tries the GPU: `probe.js THREADS`, started with an IPC channel. */
const report = await probe(Number(process.argv[2] ?? 1));
process.send?.(report);
