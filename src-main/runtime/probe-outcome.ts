/** What trying the GPU can come to. */
export const PROBE_OUTCOMES = [
  'faster',
  'slower',
  'wrong',
  'missing',
  'no binary',
  'crashed',
  'late',
] as const;
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number];

/** Environment variable with the outcome of a probe that the starter of a process made. */
export const PROBED = 'LIMPID_PROBED';
