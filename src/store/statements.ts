import { compileFunction } from 'node:vm';
import { LRUCache } from 'lru-cache';

type Maker<Row> = (values: readonly unknown[]) => Row;
type MakeRow = Maker<unknown>;
type Fields = readonly { name: string }[];

/** A statement that connections keep: PostgreSQL parses and plans it once for each of them. */
export type Statement = { name: string; makeRow: MakeRow | undefined };

/** Statements that are kept at a time. Those of lists have a text of their own for each selection and size of a page. */
const maxKept = 300;
/**
 * Beyond that, how often one takes the place of the one that was used longest ago. PostgreSQL is not told to forget that one: it lives as
 * long as its connection, so connections have to be made anew now and then (`connectionSeconds`).
 */
const replaceEveryMs = 2_000;

/** How long a connection lives: until then it has met a second set of statements at most. */
export const connectionSeconds = (maxKept * replaceEveryMs) / 1000;

/** @returns what knows a statement by its text; undefined for one that is not kept. */
export function createStatements(): (sql: string) => Statement | undefined {
  const kept = new LRUCache<string, Statement>({ max: maxKept });
  let named = 0;
  let replacesFrom = 0;

  return (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    if (kept.size === maxKept) {
      if (performance.now() < replacesFrom) return undefined;
      replacesFrom = performance.now() + replaceEveryMs;
    }
    const statement: Statement = { name: `pressrun_${named}`, makeRow: undefined };
    named += 1;
    kept.set(sql, statement);
    return statement;
  };
}

/**
 * What makes rows of their values. For statements that are kept it is code that has the names of the columns in it: that takes half the time of `pg`'s own,
 * which copies an empty row and fills it by name, and less memory.
 */
export function rowMaker<Row>(statement: Statement | undefined, fields: Fields): Maker<Row> {
  const make = statement === undefined ? makeByName(fields) : (statement.makeRow ??= compile(fields));
  if (!isMaker<Row>(make)) throw new TypeError('no function');
  return make;
}

function compile(fields: Fields): MakeRow {
  const properties = fields.map(({ name }, place) => `${JSON.stringify(name)}: values[${place}]`);
  const make: unknown = compileFunction(`return { ${properties.join(', ')} };`, ['values'], {
    filename: 'row',
  });
  if (!isMaker<unknown>(make)) throw new TypeError('no function');
  return make;
}

function makeByName(fields: Fields): MakeRow {
  return (values) => Object.fromEntries(fields.map(({ name }, place) => [name, values[place]]));
}

/** What a statement answers is known to who wrote it, as with `pg` itself. */
const isMaker = <Row>(value: unknown): value is Maker<Row> => typeof value === 'function';
