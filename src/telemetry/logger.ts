import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

/**
 * JSON lines on standard output, readable lines when that is a terminal. Secrets and prompts are never
 * passed to it; what could slip in with a request's headers is redacted.
 */
export function createLogger(level: Logger['level']): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['*.authorization', '*.password', '*.token', '*.apiKey'],
  };
  return process.stdout.isTTY
    ? pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', sync: true, singleLine: true }))
    : pino(options);
}
