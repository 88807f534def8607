// Trains every family on a brain of Debian's mricron-data and prints the measured table of docs/families.md:
//   npm run bench:families -- [--steps N] [--only FAMILY,...] [--write]
// --write keeps the rows in test/bench/results/families.json and puts them all into docs/families.md.
import { runBundled } from './bundled.mjs';

await runBundled('families');
