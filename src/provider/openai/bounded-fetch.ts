import { ProviderError } from '../../domain/errors/provider-errors.ts';

/** Three times the largest image in base64: 1536 × 1024 pixels of 4 bytes. */
const maxAnswerBytes = 24 * 1024 * 1024;

/**
 * `fetch` for the provider's address, which comes from settings alone. Reads at most 24 MiB of an answer.
 *
 * @throws ProviderError BAD_ANSWER while the body is read, if it is longer. An error's is cut there.
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
  const bounded = new Response(response.body.pipeThrough(counted), response);
  return response.ok ? bounded : unwrapped(bounded);
}

/** Gemini sends an error as the only element of an array, which the SDK does not read. */
async function unwrapped(response: Response): Promise<Response> {
  const text = response.body === null ? '' : await whatArrives(response.body);
  const wrapped = /^\s*\[([\s\S]*)\]\s*$/.exec(text)?.[1];
  return new Response(wrapped ?? text, response);
}

/** Reads as far as it gets: the status and headers of an error hold also where its body is cut. */
async function whatArrives(body: ReadableStream<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of body) pieces.push(piece);
  } catch {
    // What came before has to do.
  }
  return Buffer.concat(pieces).toString();
}
