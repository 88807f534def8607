/** What Node starts on its own: the command line and processes, each a file of dist/main. */
export const MAIN_ENTRIES = {
  cli: 'src-main/cli/main.ts',
  compute: 'src-main/jobs/compute.ts',
  main: 'src-main/main.ts',
  library: 'src-main/app/library/main.ts',
  devices: 'src-main/app/devices/main.ts',
  probe: 'src-main/runtime/probe-main.ts',
  apart: 'src-main/runtime/apart-main.ts',
};

/** What runs in worker threads, each a file of dist/threads. */
export const THREAD_ENTRIES = {
  'noise-worker': 'src-main/app/library/noise-worker.ts',
  'decode-worker': 'src-main/dicom/codec/decode-worker.ts',
  'classical-worker': 'src-main/filters/worker.ts',
};
