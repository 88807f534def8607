// Compresses held-out slices of ch2 with trained models, and with JPEG 2000 and JPEG-LS at the same rate; see compress.ts:
//   npm run bench:compress -- [--steps N] [--only MODEL,...] [--write]
// --write keeps the rows in test/bench/results/compress.json and puts them into docs/families.md.
import { runBundled } from './bundled.mjs';

await runBundled('compress');
