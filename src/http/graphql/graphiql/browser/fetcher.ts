import { withIds } from './ids.ts';
import type { Session } from './session.ts';

type Operation = { query: string; operationName?: string | null; variables?: unknown };

/** Sends the operations of GraphiQL, as its documentation describes a fetcher. */
export type Fetcher = (operation: Operation, options?: { headers?: HeadersInit }) => Promise<unknown>;

/**
 * Signs operations with the session, unless their own headers do, and gives them the ids of earlier answers.
 *
 * @param onAnswer is told of each answer that is no stream.
 */
export function createFetcher(
  endpoint: string,
  session: Session,
  onAnswer: (answer: unknown, hasOwnToken: boolean) => void,
): Fetcher {
  return async ({ query, operationName, variables }, options) => {
    const headers = new Headers(options?.headers);
    const hasOwnToken = headers.has('authorization');
    const token = hasOwnToken ? undefined : await session.accessToken();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    headers.set('content-type', 'application/json');
    headers.set('accept', 'application/json, text/event-stream');
    // Only the head of a stream must come soon.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('The server gave no answer within 30 s.')), 30_000);
    try {
      // Right after a change of tabs, GraphiQL still gives the name of the other tab's operation.
      const hasName = RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query);
      const named = hasName ? { operationName } : {};
      const body = JSON.stringify({ query, ...named, variables: withIds(variables) });
      const response = await fetch(endpoint, { method: 'POST', headers, body, signal: abort.signal });
      if (response.headers.get('content-type')?.includes('event-stream') === true && response.body !== null) {
        return resultsIn(response.body, abort);
      }
      const answer: unknown = await response.json();
      onAnswer(answer, hasOwnToken);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  };
}

/**
 * The results of a stream of server-sent events. Who stops reading ends the stream at once.
 *
 * @throws Error if the stream breaks off before its end.
 */
export function resultsIn(body: ReadableStream<Uint8Array>, abort: AbortController): AsyncGenerator {
  async function* read() {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (abort.signal.aborted) return { done: true, value: undefined };
        throw error;
      });
      if (abort.signal.aborted) return;
      if (done) throw new Error('The connection was lost. Press play to go on.');
      const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        if (event.startsWith('event: complete')) return;
        const data = /^data: (.+)$/m.exec(event)?.[1];
        if (data !== undefined) yield JSON.parse(data);
      }
    }
  }
  const results = read();
  // A generator that waits for the next event would not hear of its end.
  return Object.assign(results, {
    return: async () => {
      abort.abort();
      return { done: true, value: undefined };
    },
  });
}
