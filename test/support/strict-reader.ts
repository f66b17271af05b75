import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { eventsOf, openSocket } from './raw-graphql.ts';

/** What one reader of a batch was told on the wire, over all of its connections. */
export type Reading = {
  /** Places of the stored events, in the order in which they came. */
  told: number[];
  /** Messages inside a stream that carried errors, or no result. */
  errors: string[];
  /** Codes with which operations were ended or refused by the server, to be resumed. */
  ends: string[];
  /** Connections it took. */
  connections: number;
  isOver: boolean;
};

const document = `subscription ($id: ID!, $after: String) {
  batchEvents(batchId: $id, after: $after) {
    __typename cursor
    ... on PostCompletedEvent { post { id caption campaign { name } } }
  }
}`;

const errorsSchema = z.array(
  z.object({ message: z.string(), extensions: z.looseObject({ code: z.string() }) }),
);
const payloadSchema = z.object({
  data: z.object({ batchEvents: z.object({ __typename: z.string(), cursor: z.string() }) }).nullish(),
  errors: errorsSchema.optional(),
});

const againMs = 100;
const ofNoPlace: ReadonlySet<string> = new Set(['BatchSnapshotEvent', 'PostStageEvent']);

/**
 * Reads a batch to its end as the protocols send it, without our client, and resumes behind the newest cursor
 * whenever a connection or an operation ends before that.
 *
 * @param url asked for each connection: where the API is, without a path.
 */
export function readStrictly(options: {
  url: () => string;
  token: string;
  batchId: string;
  transport: 'websocket' | 'sse';
  signal: AbortSignal;
}): { reading: Reading; done: Promise<void> } {
  const { url, token, batchId, transport, signal } = options;
  const reading: Reading = { told: [], errors: [], ends: [], connections: 0, isOver: false };
  let after: string | undefined;

  /** @param isFirst whether it is the first of its operation: then errors refuse it, and are inside of nothing. */
  function hear(payload: unknown, isFirst: boolean): void {
    const { data, errors } = payloadSchema.parse(payload);
    if (errors !== undefined) {
      (isFirst && data == null ? reading.ends : reading.errors).push(codesOf(errors));
      return;
    }
    if (data == null) return;
    const { __typename: type, cursor } = data.batchEvents;
    after = cursor;
    if (ofNoPlace.has(type)) return;
    reading.told.push(Number(cursor));
    reading.isOver = type === 'BatchCompletedEvent';
  }

  async function overWebSocket(): Promise<void> {
    await using socket = await openSocket({ url: url() }, token);
    const variables = { id: batchId, after };
    let heard = 0;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const take = () => {
      for (const { type, payload } of socket.received.slice(heard)) {
        heard += 1;
        if (type === 'next')
          hear(payload, !socket.received.slice(0, heard - 1).some((m) => m.type === 'next'));
        if (type === 'error') reading.ends.push(codesOf(errorsSchema.parse(payload)));
        if (type === 'error' || type === 'complete') resolve();
      }
    };
    socket.socket.on('message', take);
    const leave = () => socket.socket.terminate();
    signal.addEventListener('abort', leave);
    socket.say({ type: 'subscribe', id: '1', payload: { query: document, variables } });
    await Promise.race([over, socket.closed]);
    signal.removeEventListener('abort', leave);
  }

  async function overSse(): Promise<void> {
    const response = await fetch(`${url()}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ query: document, variables: { id: batchId, after } }),
      signal,
    });
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      reading.ends.push(`HTTP ${response.status}`);
      await response.body?.cancel();
      return;
    }
    let isFirst = true;
    for await (const { event, data } of eventsOf(response)) {
      if (event !== 'next') continue;
      if (data.startsWith('{')) hear(JSON.parse(data), isFirst);
      else reading.errors.push(`a message that is no result: ${data}`);
      isFirst = false;
    }
  }

  async function read(): Promise<void> {
    while (!reading.isOver && !signal.aborted) {
      reading.connections += 1;
      // Whatever breaks a connection, the next one tells what there is.
      await (transport === 'sse' ? overSse() : overWebSocket()).catch(() => undefined);
      if (!reading.isOver) await delay(againMs);
    }
  }
  return { reading, done: read() };
}

function codesOf(errors: z.infer<typeof errorsSchema>): string {
  return errors.map(({ extensions }) => extensions.code).join(' ');
}
