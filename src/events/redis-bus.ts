import { EventEmitter } from 'node:events';
import { Redis } from 'ioredis';
import type { Logger } from '../telemetry/logger.ts';
import { busMessageSchema, type Bus, type BusSignal } from './bus.ts';

const prefix = 'pressrun:batch:';

/** Without these, ioredis waits for minutes on a refused server and for ever on a hung one. */
const bounded = {
  connectTimeout: 2_000,
  commandTimeout: 2_000,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  retryStrategy: (attempt: number) => Math.min(100 * 2 ** attempt, 1_000),
};

/**
 * The bus of many processes, on Redis publish/subscribe. One subscriber connection a process; a topic is
 * subscribed while it has listeners here. While Redis is away, messages are dropped and listeners are told
 * that some may be lost as soon as it is back.
 *
 * @param url Redis' address.
 */
export async function createRedisBus(url: string, logger: Logger): Promise<Bus> {
  const publisher = new Redis(url, { ...bounded, lazyConnect: true });
  const subscriber = new Redis(url, { ...bounded, lazyConnect: true, autoResubscribe: false });
  const emitter = new EventEmitter().setMaxListeners(0);
  const topics = () => emitter.eventNames().filter((name) => typeof name === 'string');
  const tellLost = () =>
    topics().forEach((topic) => emitter.emit(topic, { kind: 'lost' } satisfies BusSignal));

  for (const connection of [publisher, subscriber]) {
    connection.on('error', (error: Error) => logger.warn({ error: error.message }, 'Redis'));
  }
  subscriber.on('ready', () => {
    const lost = topics();
    if (lost.length === 0) return;
    subscriber.subscribe(...lost).then(tellLost, (error: Error) => {
      logger.warn({ error: error.message }, 'Redis: could not subscribe again');
      subscriber.disconnect(true);
    });
  });
  subscriber.on('close', tellLost);
  subscriber.on('message', (topic: string, text: string) => {
    const message = parse(text);
    if (message === undefined)
      logger.warn({ topic }, 'Redis: a message that this version cannot read was dropped');
    else emitter.emit(topic, message);
  });
  try {
    await Promise.all([publisher.connect(), subscriber.connect()]);
  } catch (error) {
    publisher.disconnect();
    subscriber.disconnect();
    throw error;
  }

  return {
    publish(batchId, message) {
      publisher.publish(prefix + batchId, JSON.stringify(message)).catch((error: Error) => {
        logger.debug(
          { error: error.message },
          'Redis: a message was not published; readers fall back to the log',
        );
      });
    },
    async subscribe(batchId, listener) {
      const topic = prefix + batchId;
      emitter.on(topic, listener);
      // Away: `ready` subscribes to every topic that has a listener by then.
      if (subscriber.status === 'ready') await subscriber.subscribe(topic).catch(() => undefined);
      return () => {
        emitter.off(topic, listener);
        if (emitter.listenerCount(topic) === 0 && subscriber.status === 'ready') {
          subscriber.unsubscribe(topic).catch(() => undefined);
        }
      };
    },
    async ping() {
      await publisher.ping();
    },
    async close() {
      emitter.removeAllListeners();
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

function parse(text: string) {
  try {
    return busMessageSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
