/** What a cut-off migration left is neither all of it, nor none, nor its beginning. */
export class UnclearMigrationError extends Error {
  override readonly name = 'UnclearMigrationError';
}

/** Versions since then apply a migration whole or not at all; its script may hold semicolons inside statements. */
export const lastOfSingleStatements = '20261126075617_list_kinds';

/** What PostgreSQL answers to a statement that has been run before: what it makes is there, what it drops is gone. */
const doneBefore = new Set([
  '42P06', // duplicate_schema
  '42P07', // duplicate_table, also of an index
  '42701', // duplicate_column
  '42710', // duplicate_object: a type, a constraint
  '42723', // duplicate_function
  '42704', // undefined_object
  '23505', // unique_violation: the rows are there
]);

/** Statements of which PostgreSQL tells, by one of the codes above, that they have been run before. */
const tells = /^(CREATE|DROP|ALTER TYPE|ALTER TABLE[^;]*(ADD COLUMN|ADD CONSTRAINT|DROP CONSTRAINT))/i;

/**
 * Runs what is missing of a script that an earlier version of Pressrun began: it ran the statements one by one, each in
 * a transaction of its own, so that a kill left the first of them done. Statements that do not tell whether they were
 * run (UPDATE, SET NOT NULL) are run again and change nothing then.
 *
 * @param connection inside a transaction.
 * @param script without a semicolon inside a statement, as that version needed it too.
 * @throws UnclearMigrationError where a statement had been run and one before it had not.
 */
export async function resumeScript(
  connection: { execute(script: string): Promise<unknown> },
  script: string,
): Promise<void> {
  let firstNew: string | undefined;
  for (const statement of statementsOf(script)) {
    await connection.execute('SAVEPOINT statement');
    try {
      await connection.execute(statement);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && doneBefore.has(String(error.code)))) throw error;
      if (firstNew !== undefined) {
        throw new UnclearMigrationError(`"${firstNew}" had not been done, and then ${error.message}`, {
          cause: error,
        });
      }
      await connection.execute('ROLLBACK TO SAVEPOINT statement');
      continue;
    }
    await connection.execute('RELEASE SAVEPOINT statement');
    if (firstNew === undefined && tells.test(statement)) firstNew = statement.split('\n')[0];
  }
}

/** The statements of a script without a semicolon inside one. */
export function statementsOf(script: string): string[] {
  return script
    .split(';')
    .map(withoutComments)
    .filter((statement) => statement !== '');
}

function withoutComments(statement: string): string {
  return statement
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .trim();
}
