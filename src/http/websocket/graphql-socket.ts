import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CloseCode, makeServer, MessageType } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { OperationArgs } from '../../graphql/context.ts';
import { maskError, formatError } from '../../graphql/execution/mask-error.ts';
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
/** Bytes that may wait for a peer before its operations wait for it. */
const maxBufferedBytes = 64 * 1024;
/** Characters of the name that a client gives to an operation, which every event repeats. */
const maxIdLength = 128;
/** How long a peer may take to send `connection_init`. */
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
 * The protocol graphql-transport-ws, by graphql-ws, on sockets that are open already. What is written here is who may
 * ask what, and how messages reach the socket.
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
  // By what graphql-ws is given of an operation. It holds that for as long as a subscription lasts: so no variables.
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
      const { guard, client, requestId } = extra;
      if (id.length > maxIdLength) {
        guard.close(CloseCode.BadRequest, `Operation ids have at most ${maxIdLength} characters`);
        return [new GraphQLError('The socket is closed.')];
      }
      // Checked before any await: operations that are opened at once are all in `subscriptions` by now.
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
        // graphql-ws holds the message as long.
        Object.assign(payload, { query: '', variables: null, operationName: null, extensions: null });
        const known = { schema, document, operationName: args.operationName };
        operations.set(known, { execute, args });
        return known;
      } catch (error) {
        // An error thrown here would close the socket with all of its subscriptions.
        if (error instanceof RateLimitedError) return [tooMany(error)];
        if (error instanceof GraphQLError) return [error];
        throw error;
      }
    },
    onNext: (_context, _id, _payload, _args, { errors, data = null }) =>
      errors === undefined ? undefined : { errors: errors.map(formatError), data },
    onError: (_context, _id, _payload, errors) => errors.map(formatted),
    execute(known) {
      const { execute, args } = take(known);
      return execute(args);
    },
    subscribe: (known) => graphql.subscribe(take(known).args),
  });

  function take(known: object): Operation {
    const operation = operations.get(known);
    if (operation === undefined) throw new Error('an operation that was not announced');
    operations.delete(known);
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
    // Large messages wait for their turn to be parsed, and all behind them wait as well: this resolves when none is left.
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
    // A frame that breaks the protocol, or a peer that is gone: `ws` closes the socket itself.
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
  return formatError(error.cause instanceof GraphQLError ? error.cause : error);
}

type Operation = {
  execute: Awaited<ReturnType<GraphqlServer['getEnveloped']>>['execute'];
  args: OperationArgs;
};

const pong = JSON.stringify({ type: MessageType.Pong });

const tooMany = (error: RateLimitedError) => maskError(error, () => undefined);

/** @returns when more may be sent: at once, or when this text has left the process where too much waits for the peer. */
function send(socket: WebSocket, text: string): Promise<void> | void {
  if (socket.readyState !== socket.OPEN) return undefined;
  if (socket.bufferedAmount < maxBufferedBytes) return socket.send(text);
  return new Promise((resolve) => socket.send(text, () => resolve()));
}
