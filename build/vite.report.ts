import { createHash } from 'node:crypto';
import * as path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/**
 * Builds report.html, the page that `limpid denoise` fills with its data: one file with script and style inside, and
 * a Content-Security-Policy that allows these two by their hashes, pictures from data URLs, and nothing else.
 */
export default defineConfig({
  root: path.resolve(import.meta.dirname, '../src-renderer/report'),
  base: './',
  publicDir: false,
  plugins: [svelte({ configFile: false }), oneFile()],
  build: {
    outDir: path.resolve(import.meta.dirname, '../dist/report'),
    emptyOutDir: true,
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: { input: path.resolve(import.meta.dirname, '../src-renderer/report/report.html') },
  },
});

function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const scripts: string[] = [];
      const styles: string[] = [];
      let html: string | undefined;
      for (const [name, file] of Object.entries(bundle)) {
        if (name.endsWith('.html') && file.type === 'asset') html = String(file.source);
        else if (file.type === 'chunk') scripts.push(file.code);
        else styles.push(String(file.source));
        delete bundle[name];
      }
      if (html === undefined) throw new Error('report.html was not built');
      this.emitFile({
        type: 'asset',
        fileName: 'report.html',
        source: inlined(html, scripts.join('\n'), styles.join('\n')),
      });
    },
  };
}

function inlined(html: string, script: string, style: string): string {
  const safeScript = `\n${script.replaceAll('</script', '<\\/script')}\n`;
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `script-src '${hash(safeScript)}'`,
    `style-src '${hash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><style>${style}</style>`;
  return html
    .replace(/<script type="module"[^>]*src=[^>]*><\/script>/, '')
    .replace(/<link rel="stylesheet"[^>]*>/, '')
    .replace('<!--head-->', () => head)
    .replace('<!--script-->', () => `<script type="module">${safeScript}</script>`);
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
