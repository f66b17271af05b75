import { chromium, type Page } from 'playwright-core';
import { ensureInstalled } from '../services/ensure-installed.ts';
import { findBinary } from '../services/find-binary.ts';

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Not even a request that the page's observers miss gets out.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

export type OpenPage = AsyncDisposable & {
  page: Page;
  /** Addresses outside the page's own origin that it asked for; all of them were blocked. */
  strangers: string[];
  /** What went wrong in the page: exceptions and errors on its console. */
  errors: string[];
};

/** Opens `url`, which may ask `friends` too, in Debian's Chromium, which is installed where that is ours to do. */
export async function openPage(url: string, friends: readonly string[] = []): Promise<OpenPage> {
  await ensureInstalled(['chromium']);
  const executablePath = await findBinary('chromium');
  if (executablePath === undefined) throw new Error('Chromium was found and is gone again');
  await using opened = new AsyncDisposableStack();
  const browser = await chromium.launch({ executablePath, args: quiet });
  opened.defer(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(180_000);

  const own = new Set([url, ...friends].map((address) => new URL(address).origin));
  const isStranger = (address: URL) => address.protocol !== 'data:' && !own.has(address.origin);
  const strangers: string[] = [];
  const errors: string[] = [];
  await page.context().route(isStranger, (route) => route.abort('blockedbyclient'));
  page.context().on('request', (request) => {
    if (isStranger(new URL(request.url()))) strangers.push(request.url());
  });
  page.on('websocket', (socket) => {
    if (!own.has(new URL(socket.url().replace(/^ws/, 'http')).origin)) strangers.push(socket.url());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  const running = opened.move();
  return { page, strangers, errors, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
