import { LRUCache } from 'lru-cache';

/** Statements that are kept at a time. Those of lists have a text of their own for each selection and size of a page. */
const maxKept = 300;
/**
 * Beyond that, how often one takes the place of the one that was used longest ago. PostgreSQL is not told to forget that one: it lives as
 * long as its connection, so connections have to be made anew now and then (`connectionSeconds`).
 */
const replaceEveryMs = 2_000;

/** How long a connection lives: until then it has met a second set of statements at most. */
export const connectionSeconds = (maxKept * replaceEveryMs) / 1000;

/**
 * Names statements, so that PostgreSQL parses and plans each of them once a connection.
 *
 * @returns what gives a statement's name by its text; undefined for one that is not kept.
 */
export function createStatementNames(): (sql: string) => string | undefined {
  const kept = new LRUCache<string, string>({ max: maxKept });
  let named = 0;
  let replacesFrom = 0;

  return (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    if (kept.size === maxKept) {
      if (performance.now() < replacesFrom) return undefined;
      replacesFrom = performance.now() + replaceEveryMs;
    }
    const name = `pressrun_${named}`;
    named += 1;
    kept.set(sql, name);
    return name;
  };
}
