import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const ROOT = path.resolve(import.meta.dirname, '..');

/** npm run gallery: a page of every component of src-renderer/ui in its states, which no build contains. */
export default defineConfig({
  root: path.join(ROOT, 'src-renderer/gallery'),
  publicDir: false,
  plugins: [svelte({ configFile: false })],
  cacheDir: path.join(ROOT, '.vite/gallery'),
  server: {
    host: '127.0.0.1',
    fs: { allow: [ROOT, realpathSync(path.join(ROOT, 'node_modules'))] },
  },
});
