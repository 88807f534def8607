// Runs that are killed at random moments and resumed, and runs on a disk that fills up; run by hand after a build:
//   npm run bench:robustness-kills -- [--kills 100] [--seed 1] [--minutes 60] [--mode auto|error-map]
//   npm run bench:robustness-kills -- --disk
// Both on a series that is drawn. Each prints its rows of docs/robustness.md, and ends with 1 where there was a fault.
// The second fills a small tmpfs where it may mount one, else it limits the size of files.
import { runBundled } from './bundled.mjs';

await runBundled('robustness-kills');
