// Draws the sample that ships with the app, assets/samples/Drawn head with noise.nii.gz:
//   npm run sample
import { runBundled } from './bundled.mjs';

await runBundled('sample');
