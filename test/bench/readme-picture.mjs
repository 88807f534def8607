/**
 * The picture of README.md: before and after of the middle slice, from the report of a finished `npm run demo`.
 *
 *   npm run bench -- readme-picture
 */
import { existsSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from '@playwright/test';

const root = path.resolve(import.meta.dirname, '../..');
const report = path.join(root, 'demo-output/report.html');
const picture = path.join(root, 'docs/pictures/before-after.jpg');
if (!existsSync(report)) {
  console.error('readme-picture: demo-output is missing; run `npm run demo` first');
  process.exit(1);
}
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1700, height: 1000 }, colorScheme: 'dark' });
  await page.goto(pathToFileURL(report).href);
  await page.getByLabel('Side by side').check();
  await page.locator('select').first().selectOption('2');
  const boxes = await Promise.all([0, 1].map((i) => page.locator('.panels figure').nth(i).boundingBox()));
  const [before, after] = boxes;
  if (before === null || after === null || before.y !== after.y) throw new Error('The pictures stand apart.');
  const clip = { ...before, width: after.x + after.width - before.x };
  await page.screenshot({ path: picture, type: 'jpeg', quality: 85, clip });
  console.log(`${Math.round(statSync(picture).size / 1000)} kB`);
} finally {
  await browser.close();
}
