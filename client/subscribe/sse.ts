import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { ConnectionError, systemReason } from '../errors.ts';
import { post, readJson } from '../http.ts';
import type { SubscribeRequest } from './request.ts';

/** The server sends a comment every 25 s; a connection that is silent for longer than this is dead. */
const silenceMs = 40_000;

/**
 * One attempt at a subscription over server-sent events ("distinct connections" of graphql-sse).
 *
 * @returns the answers as they arrive; ends when the server completes the subscription.
 * @throws ConnectionError if the stream ends in any other way.
 */
export async function* subscribeOverSse(request: SubscribeRequest): AsyncGenerator<unknown, void, undefined> {
  const { url, token, query, variables, signal } = request;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await post({
      url,
      token,
      accept: 'text/event-stream',
      body: { query, variables },
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
    if (response.status >= 500) throw new ConnectionError(`${url} answered with HTTP ${response.status}.`);
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      yield await readJson(response, url, signal);
      return;
    }
    for await (const message of readMessages(response)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      if (message?.event === 'complete') return;
      if (message?.event === 'next') yield JSON.parse(message.data);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof Error && isConnectionFault(error)
      ? new ConnectionError(`The stream of ${url} broke off${systemReason(error)}.`, { cause: error })
      : error;
  } finally {
    clearTimeout(timer);
  }
  throw new ConnectionError(`The stream of ${url} ended too early.`);
}

/** Yields messages as they arrive, and undefined for every chunk without one, which shows that the server is alive. */
async function* readMessages(
  response: Response,
): AsyncGenerator<EventSourceMessage | undefined, void, undefined> {
  if (response.body === null) return;
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => arrived.push(message) });
  const decoder = new TextDecoder();
  // A reader instead of `for await`, because not every browser can iterate streams.
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      if (arrived.length === 0) yield undefined;
      else yield* arrived.splice(0);
    }
  } finally {
    // Closes the connection if the caller leaves before the end. It may already be broken.
    await reader.cancel().catch(() => undefined);
  }
}

/** Whether `fetch` failed because the body broke off, or because our silence timeout aborted it. */
function isConnectionFault(error: Error): boolean {
  return error instanceof TypeError || error.name === 'AbortError';
}
