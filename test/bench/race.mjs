// Who wins the race of `--model auto`, beside who is really better where the truth is known:
//   npm run bench:race -- [--levels 1,5,9] [--ct FOLDER] [--repeats FOLDER]
// ch2 (Debian's mricron-data) on slices of the tuning slab with Rician noise; a CT with correlated noise added;
// repeats, whose frames that no denoiser saw are the truth.
import { runBundled } from './bundled.mjs';

await runBundled('race');
