import { once } from 'node:events';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { WebSocket } from 'ws';
import { z } from 'zod';

/** What a server answered, as it came. */
export type RawAnswer = {
  status: number;
  headers: Headers;
  data: unknown;
  errors: { message: string; extensions?: Record<string, unknown> | undefined }[];
  /** Milliseconds until it was there. */
  ms: number;
};

export const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }))
    .default([]),
});

/** Sends a request that no well-behaved client would send. */
export async function post(
  app: { url: string },
  body: object | string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const startedAt = performance.now();
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return toAnswer(response, startedAt);
}

/** Opens a subscription over SSE. @returns the response, whose messages `eventsOf` reads. */
export function openStream(
  { url, token }: { url: string; token: string },
  operation: { query: string; variables?: object },
  { headers = {}, ...options }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    ...options,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...headers,
    },
    body: JSON.stringify(operation),
  });
}

/** Reads an answer, GraphQL or not. */
export async function toAnswer(response: Response, startedAt: number): Promise<RawAnswer> {
  const json = await textOrFirstEvent(response);
  const ms = performance.now() - startedAt;
  const parsed = answerSchema.safeParse(parseJson(json));
  const { data, errors } = parsed.data ?? { data: undefined, errors: [] };
  return { status: response.status, headers: response.headers, data, errors, ms };
}

/** A stream may never end: of one, the first result is all that is read. */
async function textOrFirstEvent(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) return response.text();
  for await (const { event, data } of eventsOf(response)) {
    if (event === 'next') return data;
  }
  return '';
}

/** The messages of a stream, as they come. */
export function eventsOf({ body }: Response): ReadableStream<EventSourceMessage> {
  if (body === null) throw new Error('the answer has no body');
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const messageSchema = z.object({
  type: z.string(),
  id: z.string().optional(),
  payload: z.unknown().optional(),
});
export type SocketMessage = z.infer<typeof messageSchema>;

/** A WebSocket that says whatever it is told to. */
export type RawSocket = AsyncDisposable & {
  socket: WebSocket;
  /** Everything that came, in order. */
  received: SocketMessage[];
  say(message: object | string | Buffer): void;
  /** The first message, past or to come, that fits. */
  hear(fits: (message: SocketMessage) => boolean, withinMs?: number): Promise<SocketMessage>;
  /** Resolves with the code that it is closed with. */
  closed: Promise<number>;
};

/**
 * Opens a WebSocket and logs it in.
 *
 * @param token undefined: as nobody; null: without a `connection_init`.
 */
export async function openSocket(
  app: { url: string },
  token?: string | null,
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const socket = new WebSocket(`${app.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  const received: SocketMessage[] = [];
  const listeners = new Set<() => void>();
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
  socket.on('message', (data: Buffer) => {
    received.push(messageSchema.parse(JSON.parse(data.toString())));
    for (const listener of listeners) listener();
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const raw: RawSocket = {
    socket,
    received,
    closed,
    say: (message) =>
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      ),
    async hear(fits, withinMs = 60_000) {
      const { promise, resolve, reject } = Promise.withResolvers<SocketMessage>();
      const look = () => {
        const found = received.find(fits);
        if (found !== undefined) resolve(found);
      };
      const timer = setTimeout(
        () => reject(new Error(`nothing of that kind came; what did: ${JSON.stringify(received)}`)),
        withinMs,
      );
      listeners.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        listeners.delete(look);
      });
    },
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
  if (token !== null) {
    raw.say({
      type: 'connection_init',
      ...(token === undefined ? {} : { payload: { authorization: `Bearer ${token}` } }),
    });
    await Promise.race([raw.hear(({ type }) => type === 'connection_ack'), closed]);
  }
  return raw;
}
