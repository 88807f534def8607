// Trains the families on a brain and makes the pictures of docs/families.md with the jobs of the command line:
//   npm run bench:families-pictures -- [--steps N] [--only rebuilds,denoised,generated]
import { runBundled } from './bundled.mjs';

await runBundled('families-pictures');
