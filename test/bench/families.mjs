// Trains every family on a brain of Debian's mricron-data and prints the measured table of docs/families.md:
//   npm run bench:families -- [--steps N] [--only FAMILY,...] [--repeats FOLDER] [--write]
// --repeats: repeats of one scan (a series of several frames), on which video is measured too.
// --write keeps the rows in test/bench/results/families.json and puts them all into docs/families.md.
import { runBundled } from './bundled.mjs';

await runBundled('families');
