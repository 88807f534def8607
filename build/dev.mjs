/** npm run dev: serves the window to a browser, and shows what changes in it, in src-main too, at once. */
import * as path from 'node:path';
import { createServer } from 'vite';

const server = await createServer({ configFile: path.join(import.meta.dirname, 'vite.dev.ts') });
await server.listen();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => void server.close().finally(() => process.exit(0)));
