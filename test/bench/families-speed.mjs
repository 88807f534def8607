// Times a training step of every family, and of the same nets in PyTorch, in alternation; see families-speed.ts:
//   npm run bench:families-speed -- --python VENV/bin/python [--threads N] [--rounds N] [--only FAMILY,...] [--write]
// The interpreter needs test/bench/requirements-torch.txt.
// --write keeps the rows in test/bench/results/families-speed.json and puts them into docs/families.md.
import { runBundled } from './bundled.mjs';

await runBundled('families-speed');
