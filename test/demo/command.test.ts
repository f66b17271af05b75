import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSimulator } from '../../src/simulator/server.ts';
import { startTestApp } from '../support/app.ts';
import { freePort } from '../support/services/free-port.ts';
import { startDemo, type DemoRun } from './support/demo-run.ts';
import { waitUntil } from '../support/services/wait-until.ts';

/** Rows of the table of posts: position, status, seconds, caption. */
const rowsOf = (stdout: string) =>
  stdout.split('\n').filter((line) => /^\s+\d+\s{2}[A-Z]+\s+\d+\.\d\s/.test(line));
const nothing = { processes: [], files: [] };

describe('npm run demo', () => {
  it('writes ten posts, tells of each in plain lines, and leaves nothing behind', async () => {
    await using demo = await startDemo([]);
    expect(await demo.ended).toBe(0);
    const stdout = demo.stdout();
    expect(demo.stderr()).toBe('');
    // oxlint-disable-next-line no-control-regex -- it is what is looked for
    expect(stdout).not.toMatch(/\u001B/);
    expect(stdout.match(/^ {2}item +\d+ \S.* — \S/gm)).toHaveLength(10);
    expect(stdout.match(/^ {2}post +\d+ done +\d+\.\d s /gm)).toHaveLength(10);
    const rows = rowsOf(stdout);
    expect(rows.map((row) => Number(row.trim().split(' ')[0]))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const row of rows) expect(row).toMatch(/COMPLETED +\d+\.\d {2}\S/);
    expect(stdout).toMatch(/10 of 10 posts completed \(100 %\) in .* posts a minute for \$0\.\d+/);
    expect(stdout).toContain('Simulated: no AI made these posts');
    expect(await demo.leftovers()).toEqual(nothing);
  });

  it('leaves the posts in a folder: a page, every image, the ZIP and the CSV', async () => {
    await using demo = await startDemo(['--posts', '3']);
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).toContain(`3 posts kept in ${demo.out}`);
    expect((await readdir(demo.out)).toSorted()).toEqual(['images', 'index.html', 'posts.csv', 'posts.zip']);
    expect((await readdir(`${demo.out}/images`)).toSorted()).toEqual(['01.png', '02.png', '03.png']);
    const [page, csv] = await Promise.all(
      ['index.html', 'posts.csv'].map((name) => readFile(`${demo.out}/${name}`, 'utf8')),
    );
    expect(page?.match(/<img src="images\/0[123]\.png"/g)).toHaveLength(3);
    expect(csv?.split('\r\n').filter((line) => line.includes('COMPLETED')).length).toBeGreaterThan(0);
    // Nothing leads to the server, which has ended.
    expect(page).not.toContain('http://');
  });

  it('has no news of a log-in secret, and no address that ends with it', async () => {
    await using demo = await startDemo(['--posts', '1']);
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).not.toContain('JWT_SECRET');
    expect(demo.stdout().match(/http:\S+/g)).toHaveLength(1);
  });

  it('refuses a folder with something in it before it starts anything, and leaves it as it was', async () => {
    await using demo = await startDemo(['--posts', '1', '--out', 'src']);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toBe('demo: --out src: the folder is not empty. Name a new one.\n');
    expect(demo.stdout()).toBe('');
    expect(await readdir('src')).not.toContain('images');
  });

  it('writes as many as told, from a brief of choice, over server-sent events', async () => {
    await using demo = await startDemo([
      '--posts',
      '3',
      '--campaign',
      'examples/tsukinoha.ja.json',
      '--transport',
      'sse',
    ]);
    expect(await demo.ended).toBe(0);
    expect(rowsOf(demo.stdout())).toHaveLength(3);
    expect(demo.stdout()).toContain('月の葉茶園');
    expect(demo.stdout()).toContain('over server-sent events');
  });

  it('writes each item for every channel and language that it is told', async () => {
    await using demo = await startDemo(['--posts', '2', '--channels', 'x,instagram', '--languages', 'en,de']);
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).toContain('2 items, 8 posts ordered');
    expect(demo.stdout().match(/^ {2}item \d /gm)).toHaveLength(2);
    const variants = rowsOf(demo.stdout()).map((row) => /(?:X|Instagram) (?:en|de)/.exec(row)?.[0]);
    const each = ['X en', 'X de', 'Instagram en', 'Instagram de'];
    expect(variants).toEqual([...each, ...each]);
    expect(await readFile(`${demo.out}/index.html`, 'utf8')).toContain('Instagram de');
  });

  it('writes the rows of a file for a brand, and approves the plan where nobody can be asked', async () => {
    const brand = 'examples/brands/fernway.en.json';
    await using demo = await startDemo(['--rows', 'examples/rows.csv', '--brand', brand, '--review']);
    expect(await demo.ended).toBe(0);
    const stdout = demo.stdout();
    expect(stdout).toContain(`Brand “Fernway Cycles”, from ${brand}`);
    expect(stdout).toMatch(/12 posts will cost about \$0\.\d+, at most \$\d+\.\d+, and take about \d+ s\./);
    expect(stdout).toContain('Plan approved at once: there is no terminal to ask on');
    expect(rowsOf(stdout)[3]).toContain('Ready by five');
    // A brand's link stands below each caption.
    expect(await readFile(`${demo.out}/index.html`, 'utf8')).toContain('https://fernway.example/book');
  });

  it('asks on a terminal before it writes, and writes nothing after a no', async () => {
    await using demo = await startDemo(['--posts', '2', '--review'], {}, 'terminal');
    await demo.says('Write them? [y/N]');
    demo.type('n\n');
    expect(await demo.ended).toBe(1);
    expect(demo.stdout()).toContain('No post was written');
    expect(existsSync(demo.out)).toBe(false);
    expect(await demo.leftovers()).toEqual(nothing);
  });

  it('is an ordinary client of a server that runs already', async () => {
    await using app = await startTestApp();
    await using demo = await startDemo(['--url', app.url, '--posts', '1']);
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).toMatch(/1 of 1 post completed/);
    expect(demo.stdout()).not.toMatch(/Simulated|Starting a server/);
    // How to look on.
    expect(demo.stdout()).toMatch(/GraphiQL +http:\S+\n +Email +\S+@example\.com\n +Password +\S+/);
  });

  it('goes on when its access token has expired', async () => {
    await using app = await startTestApp({ ACCESS_TOKEN_MINUTES: '0.05' });
    // Five seconds, in the simulator's clock: three is what a token lives.
    app.simulator.control.setLatency({ imageLatencyMs: { p05: 500_000, p95: 500_000 } });
    await using demo = await startDemo(['--url', app.url, '--posts', '1']);
    expect(await demo.ended).toBe(0);
    expect(demo.stdout()).toMatch(/1 of 1 post completed/);
  });

  it('ends with 1 and says which posts failed and why', async () => {
    const simulator = createSimulator({ timeScale: 0.01, faults: { refusal: 1 } });
    const { url } = await simulator.start(0);
    onTestFinished(() => simulator.stop());
    await using demo = await startDemo(['--posts', '2'], {
      OPENAI_BASE_URL: url,
      OPENAI_API_KEY: 'simulated',
    });
    expect(await demo.ended).toBe(1);
    expect(demo.stdout()).toMatch(/✗ Posts 1, 2: FAILED: \S/);
    expect(demo.stdout()).toMatch(/0 of 2 posts completed/);
    expect(await demo.leftovers()).toEqual(nothing);
  });

  it('keeps the server up with --serve until it is told to stop, and says what is next', async () => {
    await using demo = await startDemo(['--serve', '--posts', '1']);
    await demo.says('follow it live');
    const url = /GraphiQL +(\S+)/.exec(demo.stdout())?.[1] ?? '';
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    demo.signal('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(await demo.leftovers()).toEqual(nothing);
  });
});

describe('npm run demo, interrupted', () => {
  it.each([
    ['while the server starts', 'Starting a server', 'SIGINT', 130],
    ['while posts are planned', 'item  1', 'SIGINT', 130],
    ['while posts are made', 'posts ordered', 'SIGINT', 130],
    ['while posts are made', 'posts ordered', 'SIGTERM', 143],
  ] as const)(
    '%s ("%s", %s) ends with the server stopped and its data gone',
    async (_when, words, name, code) => {
      await using demo = await startDemo([], { SIMULATOR_TIME_SCALE: '0.2' });
      await demo.says(words);
      demo.signal(name);
      expect(await demo.ended).toBe(code);
      expect(demo.stderr()).toBe('');
      expect(await demo.leftovers()).toEqual(nothing);
    },
  );

  it.each(['Starting a server', 'posts ordered'])(
    'leaves no server behind when killed at "%s"',
    async (words) => {
      await using demo = await startDemo([], { SIMULATOR_TIME_SCALE: '0.2' });
      await demo.says(words);
      const left = async () => (await demo.leftovers()).processes;
      expect(await left()).not.toEqual([]);
      demo.signal('SIGKILL');
      await demo.ended;
      await waitUntil('the server to end', async () => (await left()).length === 0);
    },
  );

  it('keeps what was made by then, and says where', async () => {
    await using demo = await startDemo(['--posts', '30'], { SIMULATOR_TIME_SCALE: '0.2' });
    await demo.says('(1 done');
    demo.signal('SIGINT');
    expect(await demo.ended).toBe(130);
    expect(demo.stdout()).toContain('Stopped before the batch was done');
    const [, kept] = /(\d+) posts? kept in /.exec(demo.stdout()) ?? [];
    expect(Number(kept)).toBeGreaterThan(0);
    expect(await readdir(`${demo.out}/images`)).toHaveLength(Number(kept));
    expect(await readdir(demo.out)).toContain('index.html');
  });

  it('leaves no folder when nothing was made', async () => {
    await using demo = await startDemo([], { SIMULATOR_TIME_SCALE: '10' });
    await demo.says('posts ordered');
    demo.signal('SIGINT');
    await demo.says('Stopping');
    await endAtOnce(demo);
    expect(existsSync(demo.out)).toBe(false);
  });

  it('does not wait for posts in work when told twice', async () => {
    await using demo = await startDemo([], { SIMULATOR_TIME_SCALE: '10' });
    await demo.says('posts ordered');
    demo.signal('SIGINT');
    await demo.says('Stopping');
    // Posts in work take minutes at this scale: that it ends at all says that it does not wait.
    await endAtOnce(demo);
    expect(await demo.leftovers()).toEqual(nothing);
  });
});

/** Tells the demo a second time: one within a second is taken for the first. */
async function endAtOnce(demo: DemoRun): Promise<void> {
  const toldAt = performance.now();
  await waitUntil('a second to pass', () => performance.now() - toldAt > 1_100);
  demo.signal('SIGINT');
  expect(await demo.ended).toBe(130);
}

describe('npm run demo, used wrongly', () => {
  it.each([
    ['--posts', ['--posts', '0']],
    ['--posts', ['--posts', 'many']],
    ['--post', ['--post', '5']],
    ['--transport', ['--transport', 'pigeon']],
    ['--channels', ['--channels', 'x,pigeon']],
    ['--languages', ['--languages', 'en,Elvish!']],
    ['--rows', ['--rows', 'examples/rows.csv', '--posts', '3']],
    ['--url', ['--url', 'nowhere']],
    ['--serve', ['--serve', '--url', 'http://127.0.0.1:4000']],
  ])('names the flag %s in one line and ends with 2', async (flag, args) => {
    await using demo = await startDemo(args);
    expect(await demo.ended).toBe(2);
    expect(demo.stderr()).toMatch(new RegExp(`^demo: [^\\n]*${flag}[^\\n]*\\n$`));
    expect(demo.stdout()).toBe('');
  });

  it('explains itself', async () => {
    await using demo = await startDemo(['--help']);
    expect(await demo.ended).toBe(0);
    for (const flag of [
      '--posts',
      '--campaign',
      '--channels',
      '--languages',
      '--rows',
      '--brand',
      '--review',
      '--url',
    ]) {
      expect(demo.stdout()).toContain(flag);
    }
  });

  it('names a campaign file that is not there, before it starts anything', async () => {
    await using demo = await startDemo(['--campaign', 'nowhere.json']);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toBe('demo: nowhere.json: there is no such file\n');
    expect(demo.stdout()).toBe('');
  });

  it('names line and column of a row that cannot be used, before it starts anything', async () => {
    const folder = await mkdtemp(`${tmpdir()}/pressrun-rows-`);
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(`${folder}/rows.csv`, `hook,angle\nA hook,${'a'.repeat(200)}\n`);
    await using demo = await startDemo(['--rows', `${folder}/rows.csv`]);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toMatch(
      /^demo: \S+rows\.csv: line 2, column 2: angle: must have at most 120 characters\n$/,
    );
    expect(demo.stdout()).toBe('');
  });

  it('names file and field of a brand that the server refuses', async () => {
    const folder = await mkdtemp(`${tmpdir()}/pressrun-brand-`);
    onTestFinished(() => rm(folder, { recursive: true }));
    const content = { visual: { palette: ['teal'] } };
    await writeFile(`${folder}/brand.json`, JSON.stringify({ name: 'n', content }));
    await using demo = await startDemo(['--brand', `${folder}/brand.json`]);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toMatch(/brand\.json: content\.visual\.palette\.0: must be a colour/);
  });

  it('names file and field of a campaign that the server refuses', async () => {
    const folder = await mkdtemp(`${tmpdir()}/pressrun-campaign-`);
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = `${folder}/brief.json`;
    const fields = { name: 'n', brand: 'b', description: 'd', targetAudience: 'a', language: 'Elvish!' };
    await writeFile(file, JSON.stringify({ ...fields, tone: 'BOLD', channel: 'X' }));
    await using demo = await startDemo(['--campaign', file]);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toMatch(`demo: ${file}: language: must be a language tag`);
    expect(await demo.leftovers()).toEqual(nothing);
  });

  it('shows what a server says that does not start', async () => {
    await using demo = await startDemo([], { TEXT_PRICE: 'much' });
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toContain('TEXT_PRICE: must be dollars a million tokens');
    expect(await demo.leftovers()).toEqual(nothing);
  });

  it('says that nothing answers at an address', async () => {
    const url = `http://127.0.0.1:${await freePort()}/graphql`;
    await using demo = await startDemo(['--url', url]);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toBe(`demo: Nothing answers at ${url} (ECONNREFUSED).\n`);
  });
});
