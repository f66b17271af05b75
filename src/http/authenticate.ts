import { UnauthenticatedError } from '../domain/errors.ts';
import type { Accounts, Viewer } from '../services/accounts.ts';

/**
 * @param token an access token, undefined where none was sent.
 * @returns who asks, or why the token does not say so: what needs no account works all the same.
 */
export async function authenticate(
  accounts: Accounts,
  token: string | undefined,
): Promise<Viewer | UnauthenticatedError | undefined> {
  if (token === undefined) return undefined;
  try {
    return await accounts.authenticate(token);
  } catch (error) {
    if (error instanceof UnauthenticatedError) return error;
    throw error;
  }
}
