import * as path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Builds the window: one page, one script, one style, for the Chromium of Electron and browsers of its age. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../src-renderer/app'),
  base: './',
  publicDir: false,
  plugins: [svelte({ configFile: false })],
  build: {
    outDir: path.resolve(import.meta.dirname, '../dist/app'),
    emptyOutDir: true,
    target: 'chrome120',
    cssCodeSplit: false,
    modulePreload: false,
    // One script, read from this machine.
    chunkSizeWarningLimit: 1000,
    // Nothing inline: the policy of the page allows only what comes as a file.
    assetsInlineLimit: 0,
    rollupOptions: { input: path.resolve(import.meta.dirname, '../src-renderer/app/index.html') },
  },
});
