import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
  plugins: [svelte({ configFile: false }), oneFile(), sentences()],
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

/**
 * words.json: what the window says of problems and reasons in other languages than English, which reports have themselves.
 * Each report is given those of its own. Names of controls (`{@key}`) are put in.
 */
function sentences(): Plugin {
  return {
    name: 'sentences',
    // after the page is one file, which takes all else that was built
    enforce: 'post',
    generateBundle() {
      const words = Object.fromEntries(['de'].map((language) => [language, sentencesIn(language)]));
      this.emitFile({ type: 'asset', fileName: 'words.json', source: JSON.stringify(words) });
    },
  };
}

function sentencesIn(language: string): Record<string, string> {
  const [texts, problems] = [textsOf(`${language}.json`), textsOf(`${language}.problems.json`)];
  return Object.fromEntries(
    Object.entries(problems).map(([key, text]) => [
      key,
      text.replace(/\{@([^{}]+)\}/g, (place, control: string) => texts[control] ?? place),
    ]),
  );
}

function textsOf(name: string): Record<string, string> {
  return JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../src-renderer/words/languages', name), 'utf8'),
  );
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
