// What holds the shipped network back: drawn or real images, and its size.
//   node test/bench/images.mjs VOLUMES drawn|real|both STEPS BASE OUT
import { runBundled } from './bundled.mjs';

await runBundled('images');
