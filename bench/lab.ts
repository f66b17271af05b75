import { writeFileSync } from 'node:fs';
import { openDatabase } from '../src/store/database.ts';
import { createLogger } from '../src/telemetry/logger.ts';
import { seed } from './pages/seed.ts';
import { startServices } from './support/services.ts';
const services = await startServices();
const { DATABASE_URL: databaseUrl } = await services.fresh();
const database = await openDatabase({ databaseUrl, dataDir: '' }, createLogger('warn'));
const t = performance.now();
console.log(
  databaseUrl,
  await seed(database.prisma, Number(process.argv[2] ?? 1_000_000)),
  performance.now() - t,
);
writeFileSync('/tmp/sql/url', databaseUrl);
await database.close();
setInterval(() => undefined, 1000);
process.on('SIGTERM', () => services[Symbol.asyncDispose]().then(() => process.exit()));
