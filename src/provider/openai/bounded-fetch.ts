import { ProviderError } from '../../domain/errors/provider-errors.ts';

/** Three times the greatest picture that is asked for: 1536 × 1024 pixels of 4 bytes, in base64. */
const maxAnswerBytes = 24 * 1024 * 1024;

/**
 * `fetch` for the provider's address, which comes from settings alone. An answer is read up to 24 MiB.
 *
 * @throws ProviderError BAD_ANSWER, while the body is read, where there is more.
 */
export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.body === null) return response;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) throw new ProviderError('BAD_ANSWER', { paid: 'YES' });
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
}
