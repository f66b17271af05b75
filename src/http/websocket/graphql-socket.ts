import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CloseCode, makeServer, MessageType } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { SharedResult, Sink } from '../../graphql/subscriptions/audience.ts';
import type { OperationArgs } from '../../graphql/context.ts';
import { maskError, toldError } from '../../graphql/execution/mask-error.ts';
import type { Subscription } from '../../graphql/subscriptions/subscriber.ts';
import { requireShallow } from '../../graphql/execution/variable-limits.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ClientInfo } from '../request/client-info.ts';
import type { GraphqlServer } from '../graphql/operations.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import type { SocketGuard } from './socket-guard.ts';
import { largeBytes } from '../request/unfinished-input.ts';

/** Operations that may be open on one socket. */
const maxOperations = 100;
/** Bytes that may wait for a peer before its subscriptions wait for it. */
const maxBufferedBytes = 64 * 1024;
/** Characters of the name that a client gives to an operation, which every event repeats. */
const maxIdLength = 128;
/** How long a peer may take to say `connection_init`. */
const introductionMs = 3_000;
/** A peer that answers no ping for this long is gone. */
const pingEveryMs = 12_000;

/** One connection, and what is kept of the request that opened it. */
export type Peer = {
  socket: WebSocket;
  guard: SocketGuard;
  client: ClientInfo;
  requestId: string;
};

/**
 * The protocol graphql-transport-ws on sockets that are open already. The protocol is graphql-ws'; how its
 * messages reach the socket is written here, as a connection lives for hours and holds only what it needs.
 *
 * @returns what serves one peer until its socket closes.
 */
export function createGraphqlSockets(deps: {
  graphql: GraphqlServer;
  limits: RateLimits;
  persisted: PersistedDocuments;
  logger: Logger;
}): (peer: Peer) => void {
  const { graphql, limits, persisted, logger } = deps;
  // graphql-ws hands back only the arguments; their context tells which operation they belong to.
  const operations = new WeakMap<object, Operation>();

  const protocol = makeServer<Record<string, unknown>, Peer>({
    connectionInitWaitTimeout: introductionMs,
    async onConnect(context) {
      const { connectionParams } = context;
      // A token that is known is not kept.
      Object.assign(context, { connectionParams: undefined });
      return context.extra.guard.introduce(connectionParams);
    },
    async onPing({ extra }, payload) {
      await extra.guard.authenticate(payload);
    },
    async onSubscribe({ extra, subscriptions }, id, payload) {
      const { socket, guard, client, requestId } = extra;
      if (id.length > maxIdLength) {
        guard.close(CloseCode.BadRequest, `Operation ids have at most ${maxIdLength} characters`);
        return [new GraphQLError('The socket is closed.')];
      }
      // Before anything is waited for: those that were opened at once are all there already.
      if (Object.keys(subscriptions).length > maxOperations) return [tooMany(new RateLimitedError(1))];
      const { schema, parse, validate, contextFactory, execute } = await graphql.getEnveloped({
        requestId,
        origin: client.origin,
        address: client.address,
        refreshCookie: undefined,
        markSecret: () => undefined,
        viewer: () => guard.viewer(),
      });
      try {
        await limits.request(client.address);
        requireShallow(payload.variables);
        const document = parse(persisted.resolve(payload) ?? payload.query);
        const errors = validate(schema, document);
        if (errors.length > 0) return errors;
        const args = {
          schema,
          document,
          contextValue: await contextFactory(),
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? null,
        };
        // graphql-ws holds the message and these arguments for as long as the subscription lasts.
        Object.assign(payload, { query: '', variables: null, operationName: null, extensions: null });
        const ticket = {};
        operations.set(ticket, { execute, args, socket, id });
        return { schema, document, contextValue: ticket, operationName: args.operationName };
      } catch (error) {
        // What throws here would close the socket, and with it every other subscription on it.
        if (error instanceof RateLimitedError) return [tooMany(error)];
        if (error instanceof GraphQLError) return [error];
        throw error;
      }
    },
    onNext: (_context, _id, _payload, _args, { errors, data = null }) =>
      errors === undefined ? undefined : { errors: errors.map(toldError), data },
    onError: (_context, _id, _payload, errors) => errors.map(formatted),
    execute({ contextValue }) {
      const { execute, args } = take(contextValue);
      return execute(args);
    },
    async subscribe({ contextValue }) {
      const { args, socket, id } = take(contextValue);
      const answer = await graphql.subscribe(args);
      return 'deliver' in answer ? new Delivery(answer, socket, id) : answer;
    },
  });

  function take(ticket: unknown): Operation {
    const operation = operations.get(Object(ticket));
    if (operation === undefined) throw new Error('an operation that was not announced');
    operations.delete(Object(ticket));
    return operation;
  }

  return (peer) => {
    const { socket, guard } = peer;
    let isAlive = true;
    let receive: (text: string) => Promise<void>;
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code = CloseCode.InternalServerError, reason = '') => guard.close(code, reason),
        // Without the payload of the ping, which may be large or hold a token.
        onPing: () => send(socket, pong),
        onMessage: (callback) => void (receive = callback),
      },
      peer,
    );
    const pinging = setInterval(() => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
    }, pingEveryMs);

    const handle = (data: Buffer) => {
      if (socket.readyState !== socket.OPEN) return;
      receive(data.toString()).catch((error: unknown) => {
        logger.error({ err: error, requestId: peer.requestId }, 'a WebSocket message failed');
        guard.close(CloseCode.InternalServerError, 'Internal server error');
      });
    };
    // Resolves when the large messages before, and all behind them, have been handled in their order.
    let waiting: Promise<void> | undefined;
    socket.on('message', (data: Buffer) => {
      if (waiting === undefined && data.byteLength < largeBytes) return handle(data);
      const turn = guard.turn(data.byteLength);
      const handled = Promise.all([waiting, turn]).then(() => {
        if (waiting === handled) waiting = undefined;
        return handle(data);
      });
      waiting = handled;
    });
    socket.on('pong', () => (isAlive = true));
    // Frames that break the protocol, and peers that are gone: `ws` closes the socket itself.
    socket.on('error', () => undefined);
    socket.on('close', (code: number, reason: Buffer) => {
      clearInterval(pinging);
      guard.leave();
      closed(code, reason.toString()).catch((error: unknown) =>
        logger.error({ err: error, requestId: peer.requestId }, 'a subscription did not end well'),
      );
    });
  };
}

/** An error that ended an operation stands behind the one that graphql-ws made of it. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  return toldError(error.cause instanceof GraphQLError ? error.cause : error);
}

/** One operation of graphql-ws. */
type Operation = {
  execute: Awaited<ReturnType<GraphqlServer['getEnveloped']>>['execute'];
  args: OperationArgs;
  socket: WebSocket;
  /** The client's own name for it. */
  id: string;
};

const pong = JSON.stringify({ type: MessageType.Pong });

const tooMany = (error: RateLimitedError) => maskError(error, () => undefined);

/** Resolves when the text has left, or cannot leave as the peer has. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, () => resolve());
  });
}

/** The newest message made of a result. Clients that name their operations alike share it, encoded once. */
const messages = new WeakMap<SharedResult, { head: string; bytes: Buffer }>();

function messageOf(result: SharedResult, head: string): Buffer {
  const known = messages.get(result);
  if (known?.head === head) return known.bytes;
  const bytes = Buffer.from(`${head}${result.text}}`);
  messages.set(result, { head, bytes });
  return bytes;
}

/**
 * Sends each result as a `next` message of its own writing: its text is shared by all subscribers who are told
 * the same, and graphql-ws would serialise it again for each. All else of the protocol is graphql-ws', to which
 * this is a stream that has nothing but an end.
 */
class Delivery implements AsyncIterableIterator<never, void>, Sink {
  readonly #subscription: Subscription;
  readonly #socket: WebSocket;
  readonly #head: string;
  #ended: Promise<void> | undefined;

  constructor(subscription: Subscription, socket: WebSocket, id: string) {
    this.#subscription = subscription;
    this.#socket = socket;
    this.#head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  }

  async next(): Promise<IteratorReturnResult<void>> {
    this.#ended ??= this.#subscription.deliver(this);
    await this.#ended;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorReturnResult<void>> {
    this.#subscription.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  push(result: SharedResult): boolean {
    // A socket that closes takes everything; graphql-ws ends its subscriptions when it has closed.
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount >= maxBufferedBytes) return false;
    this.#socket.send(messageOf(result, this.#head), { binary: false });
    return true;
  }

  /** Called back when all that was sent before has left, or cannot leave any more. */
  drained(): Promise<void> {
    if (this.#socket.bufferedAmount < maxBufferedBytes) return Promise.resolve();
    return new Promise((resolve) => this.#socket.ping(undefined, undefined, () => resolve()));
  }
}
