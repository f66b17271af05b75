import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { connectRedis, createRedis, openRedis } from '../store/redis.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Bus } from './bus.ts';

/** @returns the Redis channel of a topic. The Lua script of the cache publishes on it as well. */
export function channelOf({ name }: { name: string }): string {
  return `pressrun:${name}`;
}

/** Unanswered publish commands at most. Further messages are dropped; readers find them in the log. */
const maxOutstanding = 10_000;

/** How long a command waits for Redis. */
const timeoutMs = 2_000;

const pingEveryMs = 1_000;

/** The text of a message; undefined if messages may have been lost. */
type Received = [text: string | undefined];

/**
 * A bus between processes, on Redis publish/subscribe. Each process has one subscriber connection, and subscribes to the
 * topics that have listeners. While Redis is away, messages are dropped. Listeners then get `lost`, at once and when
 * it is back.
 *
 * @param url Redis' address.
 * @param shared a connection to publish on, which the bus does not close; undefined: it opens one.
 * @throws ReplyError if Redis refuses the connection.
 */
export async function createRedisBus(url: string, logger: Logger, shared?: Redis): Promise<Bus> {
  const publisher = shared ?? (await openRedis(url, logger, timeoutMs));
  const subscriber = createRedis(url, timeoutMs, logger, { autoResubscribe: false });
  const emitter = new EventEmitter<Record<string, Received>>().setMaxListeners(0);
  const channels = () => emitter.eventNames().filter((name) => typeof name === 'string');
  const tellLost = () => channels().forEach((channel) => emitter.emit(channel, undefined));
  let outstanding = 0;

  const leavePublisher = () => publisher !== shared && publisher.disconnect();

  subscriber.on('error', (error: Error) => logger.warn({ error: error.message }, 'Redis'));
  subscriber.on('ready', () => {
    const lost = channels();
    if (lost.length === 0) return;
    subscriber.subscribe(...lost).then(tellLost, (error: Error) => {
      logger.warn({ error: error.message }, 'Redis: could not subscribe again');
      subscriber.disconnect(true);
    });
  });
  subscriber.on('close', tellLost);
  subscriber.on('message', (channel: string, text: string) => emitter.emit(channel, text));
  try {
    await connectRedis(subscriber, logger);
  } catch (error) {
    leavePublisher();
    subscriber.disconnect();
    throw error;
  }
  // A subscriber sends nothing by itself. The ping lets it notice a silent connection.
  const pinging = setInterval(() => {
    if (subscriber.status === 'ready') subscriber.ping().catch(() => undefined);
  }, pingEveryMs).unref();

  return {
    publish({ name }, message) {
      if (outstanding >= maxOutstanding) return;
      outstanding += 1;
      publisher
        .publish(channelOf({ name }), JSON.stringify(message))
        .catch((error: Error) => {
          logger.debug(
            { error: error.message },
            'Redis: a message was not published; readers fall back to the log',
          );
        })
        .finally(() => {
          outstanding -= 1;
        });
    },
    async subscribe({ name, schema }, listener) {
      const channel = channelOf({ name });
      const hear = (text: string | undefined) => {
        if (text === undefined) return listener({ kind: 'lost' });
        const parsed = schema.safeParse(parseJson(text));
        if (parsed.success) listener({ kind: 'message', message: parsed.data });
        else logger.warn({ channel }, 'Redis: a message that this version cannot read was dropped');
      };
      emitter.on(channel, hear);
      // While Redis is away, `ready` will subscribe to every channel that has a listener.
      if (subscriber.status === 'ready') await subscriber.subscribe(channel).catch(() => undefined);
      return () => {
        emitter.off(channel, hear);
        if (emitter.listenerCount(channel) === 0 && subscriber.status === 'ready') {
          subscriber.unsubscribe(channel).catch(() => undefined);
        }
      };
    },
    async ping() {
      await publisher.ping();
    },
    async close() {
      clearInterval(pinging);
      emitter.removeAllListeners();
      leavePublisher();
      subscriber.disconnect();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
