import { createHome } from '/work/main/test/support/e2e/home.ts';
import { startPressrun } from '/work/main/test/support/e2e/pressrun.ts';
const fresh: number[] = [],
  existing: number[] = [],
  logged: number[] = [],
  stops: number[] = [];
async function once(home: any) {
  const t = performance.now();
  const app = await startPressrun(home);
  const r = await fetch(app.url + '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{__typename}"}',
  });
  await r.json();
  const ms = performance.now() - t;
  const s = performance.now();
  await app.end('SIGTERM');
  stops.push(performance.now() - s);
  return ms;
}
for (let i = 0; i < 5; i++) {
  await using home = await createHome();
  fresh.push(await once(home));
  existing.push(await once(home));
}
const med = (a: number[]) => a.toSorted((x, y) => x - y)[2];
console.log(
  { fresh: fresh.map(Math.round), existing: existing.map(Math.round), stops: stops.map(Math.round) },
  'median',
  Math.round(med(fresh)!),
  Math.round(med(existing)!),
);
