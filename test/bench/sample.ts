// Draws the sample that ships with the app, assets/samples/Drawn head with noise.nii.gz:
//   npm run bench -- sample
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { drawnSample, SAMPLE_NAME } from '../support/drawn-head.js';

const file = path.resolve('assets/samples', SAMPLE_NAME);
const bytes = drawnSample();
writeFileSync(file, bytes);
console.log(`${file}: ${Math.round(bytes.length / 1000)} kB`);
