// Learns to take each artifact away and prints the measured table of docs/families.md:
//   npm run bench:artifacts -- [--steps N] [--only ARTIFACT,...] [--ct FOLDER] [--write]
// MR artifacts are simulated on a brain of Debian's mricron-data; those of CT on the series in FOLDER, and left out
// without one. --write keeps the rows in test/bench/results/artifacts.json, puts them into docs/families.md and
// makes the pictures in docs/pictures.
import { runBundled } from './bundled.mjs';

await runBundled('artifacts');
