import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { InvalidInputError, RegistrationClosedError } from '../../domain/errors/errors.ts';

/** Who may register: everybody, people with an invitation, or nobody. */
export type Registration = 'open' | 'invite' | 'closed';

const audience = 'pressrun-registration';
const algorithm = 'HS256';

/**
 * Signs an invitation. Anybody who has it may register until it expires.
 *
 * @param secret signs access tokens as well; the audience keeps the two apart.
 */
export function createInvitation(secret: Uint8Array, days: number): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm })
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(`${days} days`)
    .sign(secret);
}

/**
 * Checks that this person may register.
 *
 * @throws RegistrationClosedError, or InvalidInputError naming `input.invitation`.
 */
export async function requireRegistration(
  registration: Registration,
  invitation: string | null | undefined,
  secrets: readonly Uint8Array[],
): Promise<void> {
  if (registration === 'open') return;
  if (registration === 'closed') throw new RegistrationClosedError();
  for (const secret of secrets) {
    const isValid = await jwtVerify(invitation ?? '', secret, { algorithms: [algorithm], audience }).then(
      () => true,
      () => false,
    );
    if (isValid) return;
  }
  const message = invitation == null ? 'is needed to register here' : 'is not valid, or no longer valid';
  throw new InvalidInputError([{ path: 'input.invitation', message }]);
}
