/** A real chromium for tests; they skip, saying so, on machines that have none. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const PLACES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Starts chromium, or skips the running suite and says why. */
export async function needBrowser(context: Mocha.Context): Promise<Browser> {
  const executablePath = PLACES.find((place): place is string => !!place && existsSync(place));
  if (!executablePath) {
    const suite = context.test?.parent;
    if (suite) suite.title += ' (skipped: no chromium is installed)';
    return context.skip();
  }
  const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'];
  return chromium.launch({ executablePath, args });
}

/** What a page complained about: errors thrown, and errors and warnings on its console. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return complaints;
}
