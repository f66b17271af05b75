import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { connectRedis, createRedis, openRedis } from '../store/redis.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Bus } from './bus.ts';

/** @returns the Redis channel of a topic. Scripts publish on it as well. */
export function channelOf({ name }: { name: string }): string {
  return `pressrun:${name}`;
}

/** Messages on their way to Redis at most. Further ones are dropped, and readers find them in the log. */
const maxOutstanding = 10_000;

/** How long a command waits for Redis. */
const patienceMs = 2_000;

const pingEveryMs = 1_000;

/** What a topic's listeners are given: the text of a message; undefined when messages may be lost. */
type Heard = [text: string | undefined];

/**
 * The bus of many processes, on Redis publish/subscribe. One subscriber connection a process; a topic is
 * subscribed while it has listeners here. While Redis is away, messages are dropped and listeners are told
 * that some may be lost as soon as it is back. What is published in one go leaves in one pipeline.
 *
 * @param url Redis' address.
 * @param shared a connection to publish on, which is not closed here; absent: one of its own.
 */
export async function createRedisBus(url: string, logger: Logger, shared?: Redis): Promise<Bus> {
  const publisher = shared ?? (await openRedis(url, logger, patienceMs));
  const subscriber = createRedis(url, patienceMs, logger, { autoResubscribe: false });
  const emitter = new EventEmitter<Record<string, Heard>>().setMaxListeners(0);
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
  // A subscriber sends no commands, so it would not notice a connection that went silent.
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
      // While Redis is away there is nothing to do: `ready` subscribes to every channel that has a listener by then.
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
