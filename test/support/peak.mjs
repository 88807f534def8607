// Preloaded into every process of a run: at its end each adds its peak of resident memory, in KB, to a file.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.LIMPID_TEST_PEAKS;
if (isMainThread && file !== undefined)
  process.on('exit', () => appendFileSync(file, `${process.resourceUsage().maxRSS}\n`));
