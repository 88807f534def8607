/** Bundles a part of the quality bench that is TypeScript and prints where it lies. Usage: quality-bundle.mjs NAME */
import { bundled } from './bundled.mjs';

console.log(await bundled(process.argv[2]));
