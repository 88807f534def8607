import { realpathSync } from 'node:fs';
import * as path from 'node:path';
import { defineConfig, mergeConfig } from 'vite';
import { devServer } from './dev-server.js';
import app from './vite.app.js';

const ROOT = path.resolve(import.meta.dirname, '..');

/** npm run dev: the window, its changes shown while it is open. */
export default defineConfig(
  mergeConfig(app, {
    plugins: [devServer()],
    cacheDir: path.join(ROOT, '.vite'),
    server: {
      host: '127.0.0.1',
      fs: { allow: [ROOT, realpathSync(path.join(ROOT, 'node_modules'))] },
    },
    logLevel: 'warn',
    clearScreen: false,
  }),
);
