import type { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { z } from 'zod';
import { formatError } from '../../graphql/execution/mask-error.ts';
import { cursor, type UpdateResult } from '../../graphql/subscriptions/subscribe.ts';

/**
 * How often a silent stream says that it lives. Longer than TCP's keep-alive needs to find a dead peer (10 s
 * of silence and ten probes): it asks only while nothing is on its way.
 */
const heartbeatMs = 25_000;

const bytes = new TextEncoder();
const heartbeat = bytes.encode(':\n\n');
const complete = bytes.encode('event: complete\ndata:\n\n');

/** In the place of what a subscription throws, Yoga puts its errors, masked: they are the last there is. */
type Failure = { errors: readonly GraphQLError[] };

const resultsSchema = z.custom<AsyncGenerator<UpdateResult | Failure, void, undefined>>(
  (value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
);

/**
 * Writes subscriptions as server-sent events ("distinct connections" of graphql-sse). Yoga's own writer has no `id`: here
 * it is the cursor, and a browser that comes back sends it as `Last-Event-ID`.
 */
export const eventStreams: Plugin = {
  onResultProcess({ result, setResultProcessor }) {
    const results = resultsSchema.safeParse(result).data;
    // Nothing else that is accepted here can carry a stream.
    if (results === undefined) return;
    setResultProcessor((_result, fetchApi) => {
      let timer: NodeJS.Timeout | undefined;
      const body = new fetchApi.ReadableStream<Uint8Array>({
        start(controller) {
          // Some browsers wait with the headers for the first bytes.
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
          // nginx would keep events back until its buffer is full.
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
 * How a stream ends that cannot go on. Where it may be resumed, it breaks off without a message: a browser comes back by
 * itself, after as long as it is told, behind the newest `id` that it has.
 */
function endOf({ errors }: Failure): string {
  const retryAfter = z.number().safeParse(errors[0]?.extensions['retryAfter']).data;
  if (retryAfter !== undefined) return `retry: ${retryAfter * 1000}\n\n`;
  return `event: next\ndata: ${JSON.stringify({ errors: errors.map(formatError) })}\n\nevent: complete\ndata:\n\n`;
}
