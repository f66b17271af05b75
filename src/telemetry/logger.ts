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

const common = { base: null, timestamp: pino.stdTimeFunctions.isoTime };

// Only a terminal needs it.
const pretty = process.stdout.isTTY ? (await import('pino-pretty')).default : undefined;

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
  return pretty === undefined
    ? pino(options)
    : pino(
        options,
        pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', sync: true, singleLine: true }),
      );
}

/**
 * Lines of requests are written together: so many bytes of them, or what has come in so many milliseconds, and at an
 * exit all of them. At most so many at once, which a pipe that processes share keeps in one piece.
 */
const together = { minLength: 2048, maxWrite: 4096, periodicFlush: 100, sync: true };

/**
 * The log of requests, for one line each of nothing that needs redaction, which would take longer than the rest of it. To be
 * flushed at the end.
 */
export function createRequestLog(logger: Logger): Logger {
  const isOfUse = logger.isLevelEnabled('info') && !process.stdout.isTTY;
  return isOfUse
    ? pino({ ...common, level: logger.level }, pino.destination(together))
    : logger.child({}, { redact: [] });
}
