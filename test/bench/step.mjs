// Times training steps of ours and of PyTorch in alternation; see step.ts:
//   npm run bench:step -- [--rounds N] [--only FAMILY,...] [--write]
import { runBundled } from './bundled.mjs';

await runBundled('step');
