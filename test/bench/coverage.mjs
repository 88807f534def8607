// How much of the truth the 90 % interval of the uncertainty holds, with the shipped network:
//   npm run bench:coverage -- [--levels 1,5,9] [--ct FOLDER]
// ch2 (Debian's mricron-data), slices of the tuning slab with Rician noise; a CT with correlated noise added.
import { runBundled } from './bundled.mjs';

await runBundled('coverage');
