import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

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

/**
 * Lines are written together: so many bytes of them or what has come in so many milliseconds, and at an exit all of them.
 * At most so many at once, which a pipe that processes share keeps in one piece.
 */
const writing = { minLength: 2048, maxWrite: 4096, periodicFlush: 100, sync: true };

/**
 * JSON lines on standard output, readable lines when that is a terminal. Secrets and prompts are never
 * passed to it; what could slip in with a request's headers is redacted.
 */
export function createLogger(level: Logger['level']): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  };
  return process.stdout.isTTY
    ? pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', sync: true, singleLine: true }))
    : pino(options, pino.destination(writing));
}
