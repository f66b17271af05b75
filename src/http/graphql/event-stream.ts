import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { z } from 'zod';
import { formatError } from '../../graphql/execution/mask-error.ts';
import { cursor, type UpdateResult } from '../../graphql/subscriptions/subscribe.ts';

/**
 * The heartbeat interval of a silent stream. Longer than TCP's keep-alive needs to find a dead peer (10 s of silence and ten
 * probes), which works only while no data is in transit.
 */
const heartbeatMs = 25_000;

const bytes = new TextEncoder();
const heartbeat = bytes.encode(':\n\n');
const complete = bytes.encode('event: complete\ndata:\n\n');

/** The last result of a failed subscription: Yoga replaces what it throws by masked errors. */
type Failure = { errors: readonly GraphQLError[] };

const resultsSchema = z.custom<AsyncGenerator<UpdateResult | Failure, void, undefined>>(
  (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

/**
 * Writes subscriptions as server-sent events ("distinct connections" mode of graphql-sse). Unlike Yoga's own writer, it sends
 * the cursor as `id`, and a browser that reconnects sends it back as `Last-Event-ID`.
 */
export const eventStreams: Plugin = {
  onResultProcess({ result, setResultProcessor }) {
    const results = resultsSchema.safeParse(result).data;
    // Not a stream: another processor writes it.
    if (results === undefined) return;
    setResultProcessor((_result, fetchApi) => {
      let timer: NodeJS.Timeout | undefined;
      const body = new fetchApi.ReadableStream<Uint8Array>({
        start(controller) {
          // Some browsers wait for the first bytes before they report the headers.
          controller.enqueue(heartbeat);
          timer = setInterval(() => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(heartbeat);
          }, heartbeatMs);
        },
        async pull(controller) {
          const { done, value } = await results.next();
          let end = complete;
          if (done !== true) {
            if (cursor in value) return controller.enqueue(bytes.encode(messageOf(value)));
            end = bytes.encode(endOf(value));
          }
          clearInterval(timer);
          controller.enqueue(end);
          controller.close();
        },
        async cancel() {
          clearInterval(timer);
          await results.return();
        },
      });
      return new fetchApi.Response(body, {
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-cache',
          // Otherwise nginx holds events back until its buffer is full.
          'x-accel-buffering': 'no',
        },
      });
    }, 'text/event-stream');
  },
};

function messageOf(result: UpdateResult): string {
  return `id: ${result[cursor]}\nevent: next\ndata: ${JSON.stringify(result)}\n\n`;
}

/**
 * Returns the last message of a failed stream. If the client may resume, it is only the delay: the stream breaks off, and a
 * browser reconnects after that delay with its newest `id`.
 */
function endOf({ errors }: Failure): string {
  const retryAfter = z.number().safeParse(errors[0]?.extensions['retryAfter']).data;
  if (retryAfter !== undefined) return `retry: ${retryAfter * 1000}\n\n`;
  return `event: next\ndata: ${JSON.stringify({ errors: errors.map(formatError) })}\n\nevent: complete\ndata:\n\n`;
}
