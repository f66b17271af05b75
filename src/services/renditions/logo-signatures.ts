import { createHmac, timingSafeEqual } from 'node:crypto';
import type { LogoSignatures } from '../../domain/images/rendition.ts';

/** Keeps these signatures apart from access tokens. */
const purpose = 'pressrun-rendition-logo';

/**
 * Signs with HMAC-SHA256.
 *
 * @param secrets those of access tokens, the same in all processes. The first signs, all of them verify.
 */
export function createLogoSignatures(secrets: readonly Uint8Array[]): LogoSignatures {
  const keys = secrets.map((secret) => createHmac('sha256', secret).update(purpose).digest());
  const signed = (text: string) => keys.map((key) => createHmac('sha256', key).update(text).digest());
  return {
    sign: (text) => signed(text)[0]?.toString('base64url') ?? '',
    verifies(text, signature) {
      const given = Buffer.from(signature, 'base64url');
      return signed(text).some((own) => own.byteLength === given.byteLength && timingSafeEqual(own, given));
    },
  };
}
