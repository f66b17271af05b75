import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields whose values never reach the log, wherever they stand in what is logged. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'apiKey',
  'prompt',
  'messages',
];

/** What makes lines readable; not loaded where nobody reads them. */
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

const readable = { colorize: true, translateTime: 'SYS:HH:MM:ss.l', sync: true, singleLine: true };
const common = { base: null, timestamp: pino.stdTimeFunctions.isoTime };

/**
 * JSON lines on standard output, readable lines when that is a terminal. Secrets and prompts are never
 * passed to it; what could slip in with a request's headers is redacted.
 */
export function createLogger(level: Logger['level']): Logger {
  const options = {
    ...common,
    level,
    redact: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  };
  return pretty === undefined ? pino(options) : pino(options, pretty(readable));
}

/** At most so many bytes at once, which a pipe that processes share keeps in one piece; at the latest after so many ms. */
const batches = { minLength: 3584, maxWrite: 4096, periodicFlush: 100, sync: true };

/** The log of requests: there is nothing in it to redact, and its lines are written in batches. `flush` writes the last ones. */
export function createRequestLogger({ level }: Logger): Logger {
  const options = { ...common, level };
  return pretty === undefined ? pino(options, pino.destination(batches)) : pino(options, pretty(readable));
}
