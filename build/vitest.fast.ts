import { defineConfig, mergeConfig } from 'vitest/config';
import full from './vitest.config.js';

/**
 * npm run test:fast: within a minute, whether a change is on its way. A test file belongs here if all it does is
 * compute: test/support/fast.ts fails one that starts a process, a server or a session of a network. Left out of the
 * folders are those that take more than about a second.
 */
const FAST = [
  'test/*.test.ts',
  'test/{base,cli/terminal,imaging,noise,renderer,series,store,viewer}/**/*.test.ts',
  'test/{artifacts,filters,models,report,trust,training/samples}/**/*.test.ts',
  'test/app/calls.test.ts',
  'test/dicom/**/{calibration,elements,stored,derive-text}.test.ts',
  'test/shell/{shell,work-signs}.test.ts',
];

const SLOW = [
  'test/artifacts/artifacts.test.ts',
  'test/base/lock.test.ts',
  'test/filters/{bayes,dct,denoiser,mppca,neighbours,nlm,refine}.test.ts',
  'test/imaging/{code-stream,metrics,nifti}.test.ts',
  'test/models/{unet,families/**}.test.ts',
  'test/noise/{estimate,map,scanner}.test.ts',
  'test/report/report-html.test.ts',
  'test/series/{bids,complex,tree}.test.ts',
  'test/store/**',
  'test/training/samples/{artifact-pairs,objective}.test.ts',
  'test/trust/{assess,unlike}.test.ts',
  'test/trust/tests/**',
  'test/viewer/measure.test.ts',
];

const config = mergeConfig(full, defineConfig({ test: { setupFiles: ['test/support/fast.ts'] } }));
config.test.include = FAST;
config.test.exclude = ['node_modules/**', ...SLOW];
export default config;
