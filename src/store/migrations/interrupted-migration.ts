/** An interrupted migration has left something else than its first statements. */
export class UnclearMigrationError extends Error {
  override readonly name = 'UnclearMigrationError';
}

/** Later migrations are atomic. Their scripts may have semicolons inside statements. */
export const lastOfSingleStatements = '20261126075617_list_kinds';

/** SQLSTATEs of a statement that has run before: what it creates exists, or what it drops is gone. */
const doneBefore = new Set([
  '42P06', // duplicate_schema
  '42P07', // duplicate_table, also of an index
  '42701', // duplicate_column
  '42710', // duplicate_object: a type, a constraint
  '42723', // duplicate_function
  '42704', // undefined_object
  '23505', // unique_violation: the rows are there
]);

/** Statements that fail with one of these codes if they have run before. */
const tells = /^(CREATE|DROP|ALTER TYPE|ALTER TABLE[^;]*(ADD COLUMN|ADD CONSTRAINT|DROP CONSTRAINT))/i;

/**
 * Runs the missing statements of a script that an earlier version of Pressrun began. That version ran each statement in its
 * own transaction, so a kill left the first ones done. Statements that do not fail the second time (UPDATE, SET NOT NULL) run
 * again and change nothing.
 *
 * @param connection inside a transaction.
 * @param script without a semicolon inside a statement.
 * @throws UnclearMigrationError if a statement has run and one before it has not.
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

/** Splits a script that has no semicolon inside a statement. */
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
