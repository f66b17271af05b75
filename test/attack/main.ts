import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import { commandLine, wholeNumber } from '../../src/command-line.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { printTargets, round, type Target } from '../../bench/support/report.ts';
import { progress } from '../chaos/support/report.ts';
import { createHome } from '../support/e2e/home.ts';
import { startPressrun } from '../support/e2e/pressrun.ts';
import { msUntil, waitUntil } from '../support/services/wait-until.ts';
import { attacks, type Attack, type Scale } from './attacks.ts';
import { attackerAddress } from './send.ts';
import { startWitness, type Sighting, type Witness } from './witness.ts';

const values = commandLine('npm run attack')
  .description(
    `Attacks a server as anybody can without an account, one attack after another, while an ordinary client asks for
/health/live and for a query every few milliseconds. Tells how long that client waited at most, how much memory the server
took, how soon it gave that back, and the largest answer. Exits 1 where a target is missed. Without --full each attack runs once,
beside a busy machine: it has to be survived, with 192 MB, however long that takes.`,
  )
  .option('--full', 'more of everything; 100 ms and 64 MB, whatever else the machine does', false)
  .option('--only <names>', 'attacks whose names have one of these in them, such as pongs,unfinished', '')
  .option('--url <url>', 'a server that runs already, on this machine')
  .option('--pid <n>', 'its process; without it its memory is not seen', wholeNumber(1))
  .parse()
  .opts();

const mebibyte = 1024 * 1024;
/** Beside a busy machine, the short form finds what stops the server, not what makes it late. */
const delayMs = values.full ? 100 : 60_000;
const riseBytes = (values.full ? 64 : 192) * mebibyte;
const backWithinMs = values.full ? 30_000 : 180_000;
const answerBytes = 16 * 1024;

const scale: Scale = values.full
  ? { sockets: 100, requests: 10, holdMs: 5_000 }
  : { sockets: 100, requests: 1, holdMs: 500 };
const idleMs = values.full ? 3_000 : 700;

type Outcome = {
  attack: string;
  idleMs: number;
  waitedMs: number;
  riseMb: number;
  backSeconds: number;
  answerKb: number;
  failures: number;
};

/** What an attack has set off may still be under way: it is over when the other client is answered again and again. */
async function untilServed(witness: Witness): Promise<Sighting> {
  const all = await witness.look();
  let answered = 0;
  const isServed = async () => {
    const { ms, peakBytes, failures } = await witness.look();
    answered += ms.length;
    all.ms.push(...ms);
    all.peakBytes = Math.max(all.peakBytes, peakBytes);
    all.failures += failures;
    return answered >= 5;
  };
  await waitUntil('the other client to be answered', isServed, { intervalMs: 50 });
  return all;
}

async function play(attack: Attack, url: string, witness: Witness): Promise<Outcome> {
  await witness.look();
  // Long enough to see how the other client fares without an attack.
  await delay(idleMs);
  const idle = await witness.look();
  const bytes = await attack.run(url, scale);
  const during = await untilServed(witness);
  const backMs = await msUntil(async () => (await witness.look()).peakBytes <= idle.peakBytes + riseBytes, {
    deadlineMs: backWithinMs,
    intervalMs: 250,
  });
  return {
    attack: attack.name,
    idleMs: round(Math.max(0, ...idle.ms), 0),
    waitedMs: round(Math.max(0, ...during.ms), 0),
    riseMb: round((during.peakBytes - idle.peakBytes) / mebibyte, 0),
    backSeconds: round(backMs / 1000, 1),
    answerKb: round(bytes / 1024, 1),
    failures: during.failures,
  };
}

function targetsOf({ attack, ...outcome }: Outcome): Target[] {
  const targets: [string, number, number][] = [
    ['another client waited, ms', outcome.waitedMs, delayMs],
    ['memory rose, MB', outcome.riseMb, riseBytes / mebibyte],
    ['memory was back after, s', outcome.backSeconds, backWithinMs / 1000],
    ['largest answer, KB', outcome.answerKb, answerBytes / 1024],
    ['another client was refused', outcome.failures, 0],
  ];
  return targets.map(([name, value, target]) => ({
    name: `${attack}: ${name}`,
    value,
    target,
    better: 'lower' as const,
  }));
}

/** @throws Error where a word of `--only` names no attack. */
function chosenAttacks(): readonly Attack[] {
  const words = values.only.split(',');
  const unknown = words.filter((word) => !attacks.some(({ name }) => name.includes(word)));
  if (unknown.length > 0) throw new Error(`No attack has this in its name: ${unknown.join(', ')}`);
  return attacks.filter(({ name }) => words.some((word) => name.includes(word)));
}

async function attackAll(chosen: readonly Attack[], url: string, pid: number | undefined): Promise<void> {
  await using witness = startWitness(url, pid);
  // The first refusal of a process loads what answers it.
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{' }),
  });
  // What a start has put off is done by then, and is not taken for an effect of the first attack.
  await delay(2_000);
  const outcomes: Outcome[] = [];
  for (const [index, attack] of chosen.entries()) {
    progress(`${index + 1} of ${chosen.length}: ${attack.name}`);
    outcomes.push(await play(attack, url, witness));
  }
  const table = new Table({
    head: ['', 'idle, ms', 'waited, ms', 'memory, MB', 'back, s', 'answer, KB', 'refused', ''],
    style: { head: [], border: [] },
  });
  const judged = outcomes.map((outcome) => {
    const targets = targetsOf(outcome);
    const missed = targets.filter(({ value, target }) => value > target);
    table.push([...Object.values(outcome), missed.length === 0 ? 'ok' : 'MISSED']);
    return { targets, missed };
  });
  process.stdout.write(`${table.toString()}\n`);
  printTargets(
    'attack',
    judged.flatMap(({ targets }) => targets),
  );
  if (judged.some(({ missed }) => missed.length > 0)) process.exitCode = 1;
}

/** What `npm start` gives to Node. */
const startFlags = packageJson.scripts.start.split(' ').filter((word) => word.startsWith('--'));

async function main(): Promise<void> {
  const chosen = chosenAttacks();
  if (values.url !== undefined) {
    const { hostname, origin } = new URL(values.url);
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
      throw new Error('Only servers on this machine are attacked: --url must name 127.0.0.1 or localhost.');
    return attackAll(chosen, origin, values.pid);
  }
  await using home = await createHome();
  const server = await startPressrun(
    home,
    { NODE_ENV: 'development', TRUSTED_PROXIES: attackerAddress },
    [],
    startFlags,
  );
  try {
    await attackAll(chosen, server.url, server.pid);
  } finally {
    await server.end('SIGTERM');
  }
}

await main();
