// The level of the noise that is found, over the true one: scans simulated with known level, and real series whose
// level repeats tell:
//   npm run bench:level -- [--only WORD] [--data FOLDER] [--keep FOLDER]
// ch2 and the macaque are Debian's mricron-data; FOLDER holds unpacked series: ct-bone and ct-iterative (one phantom
// in two reconstructions), repeats (frames that are repeats), dwi-twice (one acquisition made twice, one run after the other).
// --keep keeps what was simulated for the next time.
import { runBundled } from './bundled.mjs';

await runBundled('level');
