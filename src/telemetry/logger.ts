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

/**
 * JSON lines on standard output, readable lines when that is a terminal. Secrets and prompts are never
 * passed to it; what could slip in with a request's headers is redacted.
 */
export function createLogger(level: Logger['level']): Logger {
  const options = {
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
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
