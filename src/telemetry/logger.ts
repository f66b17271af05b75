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
const together = { minLength: 3584, maxWrite: 4096, periodicFlush: 100, sync: true };

/** What the log says of a request that has ended. */
type RequestLine = { requestId: string; method: string; path: string; status: number; ms: number };

export type RequestLog = {
  write(line: RequestLine): void;
  /** To be called at the end. */
  flush(): void;
};

const message = 'request';
const infoLevel = 30;

/**
 * The log of requests, one line each, as `logger` writes them. There is nothing in one that needs redaction, and only the path can
 * hold what JSON escapes: so it is put together here, in a tenth of the time.
 *
 * @param write writes a moment in ISO 8601.
 */
export function createRequestLog(logger: Logger, write: (moment: Date) => string): RequestLog {
  if (!logger.isLevelEnabled('info') || pretty !== undefined) {
    const plain = logger.child({}, { redact: [] });
    return { write: (line) => plain.info(line, message), flush: () => plain.flush() };
  }
  const destination = pino.destination(together);
  const flush = () => destination.flushSync();
  process.once('exit', flush);
  return {
    write({ requestId, method, path, status, ms }) {
      destination.write(
        `{"level":${infoLevel},"time":"${write(new Date())}","requestId":"${requestId}","method":"${method}",` +
          `"path":${JSON.stringify(path)},"status":${status},"ms":${ms},"msg":"${message}"}\n`,
      );
    },
    flush() {
      process.off('exit', flush);
      flush();
    },
  };
}
