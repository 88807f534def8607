/** What Node starts on its own: the command line, the processes and threads of both, each a file of dist/main. */
export const MAIN_ENTRIES = {
  cli: 'src-main/cli/main.ts',
  compute: 'src-main/jobs/compute.ts',
  main: 'src-main/main.ts',
  library: 'src-main/app/library/main.ts',
  devices: 'src-main/app/devices/main.ts',
  'noise-worker': 'src-main/app/library/noise-worker.ts',
  'decode-worker': 'src-main/dicom/codec/decode-worker.ts',
  'classical-worker': 'src-main/filters/worker.ts',
  probe: 'src-main/runtime/probe-main.ts',
  apart: 'src-main/runtime/apart-main.ts',
};
