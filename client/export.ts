import { ConnectionError, RequestError, systemReason } from './errors.ts';
import { secondsToWait, withToken, type ClientOptions } from './http.ts';

/** Formats of an export. The ZIP holds the CSV and the images. */
export type ExportFormat = 'csv' | 'jsonl' | 'zip';

const codes: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  429: 'RATE_LIMITED',
  503: 'SERVICE_UNAVAILABLE',
};

/**
 * Asks for all posts of a batch as one file.
 *
 * @returns the answer, not yet read: take its `body` as a stream, or `await answer.blob()`.
 * @throws RequestError if the server refuses, ConnectionError if it does not answer.
 */
export function exportBatch(
  options: ClientOptions & { batchId: string; format: ExportFormat; signal?: AbortSignal | undefined },
): Promise<Response> {
  const { url, token, batchId, format, signal } = options;
  const address = new URL(`/export/batches/${encodeURIComponent(batchId)}.${format}`, url);
  return withToken(token, async (bearer) => {
    const response = await get(address, bearer, signal);
    if (response.ok) return response;
    const code = codes[response.status] ?? `HTTP_${response.status}`;
    const message = (await response.text()).trim();
    throw new RequestError([{ message, code, retryAfter: secondsToWait(response) }]);
  });
}

async function get(url: URL, bearer: string | undefined, signal: AbortSignal | undefined): Promise<Response> {
  try {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    return await fetch(url, { headers, signal: signal ?? null });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError(`Nothing answers at ${url.origin}${systemReason(error)}.`, { cause: error });
  }
}
