import { LRUCache } from 'lru-cache';

/** Statements with a name at a time. A list has another statement for each selection and page size. */
const maxKept = 300;
/**
 * When all names are taken, a new statement replaces the least recently used one at most this often. PostgreSQL keeps a
 * replaced statement as long as its connection, so connections have a maximum age (`connectionSeconds`).
 */
const replaceEveryMs = 2_000;

/** Maximum age of a connection: until then, at most `maxKept` statements have been replaced. */
export const connectionSeconds = (maxKept * replaceEveryMs) / 1000;

/**
 * Names statements, so that PostgreSQL parses and plans each one once for each connection.
 *
 * @returns a function from a statement's text to its name; undefined for a statement that gets none.
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
