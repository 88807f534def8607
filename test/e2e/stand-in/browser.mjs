/** The page behind a BrowserWindow of the stand-in: Debian's chromium, with our scheme answered by its handler. */
import * as fs from 'node:fs';
import { chromium } from '@playwright/test';
import { state } from './state.mjs';

const HOST = fs.readFileSync(new URL('./preload-host.js', import.meta.url), 'utf8');
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--remote-debugging-port=${process.env.STAND_IN_PORT}`,
];

let browser;

/** Chromium knows no scheme of ours: app://limpid/x is https://limpid.app.stand-in/x in there. */
export const toHttps = (address) => {
  const url = new URL(address);
  const ours = state.schemes.includes(url.protocol.slice(0, -1));
  return ours ? `https://${url.host}.app.stand-in${url.pathname}${url.search}` : address;
};
export const toApp = (address) => address.replace(/^https:\/\/([^./]+)\.app\.stand-in/, 'app://$1');

export async function openPage(window, url) {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await context.route('**/*', (route) => answer(window, page, route));
  await page.exposeBinding('standInInvoke', (source, channel, args) =>
    window.webContents.receive(source.frame, channel, args),
  );
  const preload = fs.readFileSync(window.options.webPreferences.preload, 'utf8');
  const host = `(() => {${HOST}\nwindow.standInRun(function (require, module, exports) {${preload}\n});})();`;
  await page.addInitScript({ content: host });
  page.on('popup', (popup) => {
    const { action } = window.webContents.openHandler({ url: popup.url() });
    if (action === 'deny') void popup.close();
  });
  await page.goto(toHttps(url));
  return page;
}

export const closeBrowser = async () => {
  await browser?.close();
};

async function answer(window, page, route) {
  const request = route.request();
  const url = toApp(request.url());
  const frame = request.frame();
  const isMainFrame = frame === page.mainFrame();
  if (request.isNavigationRequest() && !(isMainFrame && page.url() === 'about:blank')) {
    if (!window.webContents.mayNavigate({ url, isMainFrame })) return route.abort('aborted');
  }
  if (!state.mayRequest(url)) {
    state.blocked.push(url);
    return route.abort('blockedbyclient');
  }
  const handler = state.handlers.get(new URL(url).protocol.slice(0, -1));
  if (handler === undefined) return route.abort('failed');
  const body = request.postDataBuffer();
  const init = { method: request.method(), headers: request.headers(), ...(body === null ? {} : { body }) };
  const response = await handler(new Request(url, init));
  await route
    .fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    })
    // A page that was closed meanwhile needs no answer.
    .catch(() => undefined);
}
