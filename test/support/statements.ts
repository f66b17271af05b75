import pg from 'pg';
import { clockMs } from '../../bench/support/child.ts';

/** One statement that this process sent to Postgres, through Prisma or pg-boss. */
export type Statement = {
  text: string;
  /** When its answer was here, on the machine's monotonic clock. */
  answeredAtMs: number | undefined;
};

let recorded: Statement[] | undefined;

/** Sees every statement at the driver that Prisma and pg-boss share: `Client.query` of `pg`. */
export function watchDriver(): void {
  const watched = new Proxy(pg.Client.prototype.query, {
    apply(query, client, args: unknown[]) {
      const answer: unknown = Reflect.apply(query, client, args);
      if (recorded !== undefined) record(recorded, args[0], answer);
      return answer;
    },
  });
  Reflect.set(pg.Client.prototype, 'query', watched);
}

function record(list: Statement[], query: unknown, answer: unknown): void {
  const text = typeof query === 'object' && query !== null && 'text' in query ? query.text : query;
  const statement: Statement = { text: String(text).trim(), answeredAtMs: undefined };
  list.push(statement);
  const answered = () => {
    statement.answeredAtMs = clockMs();
  };
  if (answer instanceof Promise) answer.then(answered, () => undefined);
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
