import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { z } from 'zod';

/** Another process of a benchmark, so that what it does costs the measured process nothing. */
export type Child<Ready, Report> = AsyncDisposable & {
  /** What it said when it was ready. */
  ready: Ready;
  /** Asks for what it has seen since it was last asked. */
  report(): Promise<Report>;
  /** Asks anything else. One question at a time. */
  ask<Answer>(question: object, schema: z.ZodType<Answer>): Promise<Answer>;
};

/**
 * Starts a module of this folder with one argument (JSON) and waits until it is ready. It ends with this
 * process.
 *
 * @param env added to this process' own.
 * @throws Error where it ends before that, ZodError where it says something else than agreed.
 */
export async function startChild<Ready, Report>(
  module: URL,
  argument: unknown,
  schemas: { ready: z.ZodType<Ready>; report: z.ZodType<Report> },
  env: Record<string, string> = {},
): Promise<Child<Ready, Report>> {
  const child = fork(module, [JSON.stringify(argument)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const next = async (): Promise<unknown> => {
    const listening = new AbortController();
    const { signal } = listening;
    try {
      const ended = once(child, 'exit', { signal }).then(() => {
        throw new Error(`${module.pathname} ended`);
      });
      const [message]: unknown[] = await Promise.race([once(child, 'message', { signal }), ended]);
      return message;
    } finally {
      listening.abort();
    }
  };
  const ready = schemas.ready.parse(await next());
  const send = async (question: object | string): Promise<unknown> => {
    const answer = next();
    child.send(question);
    return answer;
  };
  return {
    ready,
    report: async () => schemas.report.parse(await send('report')),
    ask: async (question, schema) => schema.parse(await send(question)),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/**
 * The other end: tells that the child is ready, answers each question, and closes when the parent has gone.
 */
export function serveParent(parts: {
  ready: object;
  report?: () => object;
  answer?: (question: unknown) => Promise<object>;
  close: () => Promise<void>;
}) {
  process.on('message', (question) => {
    if (question === 'report') process.send?.(parts.report?.() ?? {});
    else void parts.answer?.(question).then((answer) => process.send?.(answer));
  });
  process.once('disconnect', () => void parts.close().finally(() => process.exit()));
  process.send?.(parts.ready);
}

/** The argument that the parent gave. */
export function childArgument<T>(schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(process.argv[2] ?? '{}'));
}

/** Milliseconds on the machine's monotonic clock: the same in every process, unlike `performance.now()`. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
