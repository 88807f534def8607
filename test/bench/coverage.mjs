// How much of the truth the 90 % interval of the uncertainty holds, with the shipped network:
//   npm run bench:coverage -- [--levels 1,5,9] [--first 42] [--ct FOLDER]
// ch2 (Debian's mricron-data), seven slices (42 to 48 set the calibration) with Rician noise; a CT with correlated noise added.
import { runBundled } from './bundled.mjs';

await runBundled('coverage');
