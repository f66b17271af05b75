import pg from 'pg';
import { clockMs } from '../../bench/support/child.ts';

/** One statement that this process sent to Postgres, through Prisma or pg-boss. */
export type Statement = {
  text: string;
  /** On the machine's monotonic clock. */
  sentAtMs: number;
};

let recorded: Statement[] | undefined;

/** Sees every statement at the driver that Prisma and pg-boss share: `Client.query` of `pg`. */
export function watchDriver(): void {
  const watched = new Proxy(pg.Client.prototype.query, {
    apply(query, client, args: unknown[]) {
      if (recorded !== undefined) record(recorded, args[0]);
      return Reflect.apply(query, client, args);
    },
  });
  Reflect.set(pg.Client.prototype, 'query', watched);
}

function record(list: Statement[], query: unknown): void {
  const text = typeof query === 'object' && query !== null && 'text' in query ? query.text : query;
  list.push({ text: String(text).trim(), sentAtMs: clockMs() });
}

/** @returns all statements that were sent while `work` ran, and its result. */
export async function statementsOf<T>(
  work: () => Promise<T>,
): Promise<{ result: T; statements: readonly Statement[] }> {
  const statements: Statement[] = [];
  recorded = statements;
  try {
    return { result: await work(), statements };
  } finally {
    recorded = undefined;
  }
}

/** BEGIN, COMMIT and ROLLBACK are round trips too, and yet no statements of their own to most people. */
export const isFrame = ({ text }: Statement): boolean => /^(BEGIN|COMMIT|ROLLBACK)/i.test(text);
