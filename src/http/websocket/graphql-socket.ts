import { getOperationAST, GraphQLError, type DocumentNode, type GraphQLFormattedError } from 'graphql';
import { CloseCode, makeServer, MessageType } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { RateLimitedError } from '../../domain/errors/errors.ts';
import type { ErrorCode } from '../../domain/errors/guide.ts';
import type { OperationArgs } from '../../graphql/context.ts';
import { maskError, formatError } from '../../graphql/execution/mask-error.ts';
import { requireShallow } from '../../graphql/execution/variable-limits.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RequestRecord } from '../../graphql/execution/request-record.ts';
import type { RequestLog } from '../request-log.ts';
import type { ClientInfo } from '../request/client-info.ts';
import type { GraphqlServer } from '../graphql/graphql-server.ts';
import type { PersistedDocuments } from '../graphql/persisted-documents.ts';
import type { SocketGuard } from './socket-guard.ts';
import { largeBytes } from '../request/unfinished-input.ts';

/** The most open operations of one socket. */
const maxOperations = 100;
/** The most bytes that wait for a peer before its operations are paused. */
const maxBufferedBytes = 64 * 1024;
/** The most characters of an operation's id, which every event repeats. */
const maxIdLength = 128;
/** How long a peer may take to send `connection_init`. */
const connectionInitMs = 3_000;
/** The ping interval. A peer that does not answer within it is gone. */
const pingEveryMs = 12_000;

/** A connection, with the data of the request that opened it. */
export type Peer = {
  socket: WebSocket;
  guard: SocketGuard;
  client: ClientInfo;
  /** The code that the socket was closed with. */
  closeCode?: number;
};

/**
 * Serves graphql-transport-ws with graphql-ws on open sockets: checks operations, and passes messages to and from the socket.
 *
 * @returns a function that serves one peer until its socket closes.
 */
export function createGraphqlSockets(deps: {
  graphql: GraphqlServer;
  limits: RateLimits;
  persisted: PersistedDocuments;
  logger: Logger;
  requestLog: RequestLog;
}): (peer: Peer) => void {
  const { graphql, limits, persisted, logger, requestLog } = deps;
  // Keyed by the object given to graphql-ws, which keeps it while a subscription lasts; so it holds no variables.
  const operations = new WeakMap<object, Operation>();

  const protocol = makeServer<Record<string, unknown>, Peer>({
    connectionInitWaitTimeout: connectionInitMs,
    async onConnect(context) {
      const { connectionParams } = context;
      // Do not keep the token in memory.
      Object.assign(context, { connectionParams: undefined });
      return context.extra.guard.initialise(connectionParams);
    },
    async onPing({ extra }, payload) {
      await extra.guard.authenticate(payload);
    },
    async onSubscribe({ extra, subscriptions }, id, payload) {
      const { guard, client } = extra;
      const record = new RequestRecord(client.record.requestId, extra);
      const refuse = (errors: readonly GraphQLError[]) => {
        record.answers({ errors });
        requestLog.answered(record);
        return errors;
      };
      if (id.length > maxIdLength) {
        guard.close(CloseCode.BadRequest, `Operation ids have at most ${maxIdLength} characters`);
        return refuse([new GraphQLError('The socket is closed.')]);
      }
      // Checked before any await: operations that are opened at once are all in `subscriptions` by now.
      if (Object.keys(subscriptions).length > maxOperations)
        return refuse([tooMany(new RateLimitedError(1))]);
      const { schema, parse, validate, contextFactory, execute } = await graphql.getEnveloped({
        record,
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
        requireOperation(document, payload.operationName);
        const errors = validate(schema, document);
        if (errors.length > 0) return refuse(errors);
        const args = {
          schema,
          document,
          contextValue: await contextFactory(),
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? null,
        };
        // graphql-ws keeps the message too.
        Object.assign(payload, { query: '', variables: null, operationName: null, extensions: null });
        const known = { schema, document, operationName: args.operationName };
        operations.set(known, { execute, args });
        return known;
      } catch (error) {
        // An error thrown here would close the socket with all its subscriptions.
        if (error instanceof RateLimitedError) return refuse([tooMany(error)]);
        if (error instanceof GraphQLError) return refuse([error]);
        throw error;
      }
    },
    onNext: (_context, _id, _payload, _args, { errors, data = null }) =>
      errors === undefined ? undefined : { errors: errors.map(formatError), data },
    onError: (_context, _id, _payload, errors) => errors.map(formatted),
    async execute(known) {
      const { execute, args } = take(known);
      return logged(args, await execute(args));
    },
    async subscribe(known) {
      const { args } = take(known);
      const answer = await graphql.subscribe(args);
      return Symbol.asyncIterator in answer ? answer : logged(args, answer);
    },
  });

  function logged<Answer extends object>(
    { contextValue: { record } }: OperationArgs,
    answer: Answer,
  ): Answer {
    record.answers(answer);
    requestLog.answered(record);
    return answer;
  }

  function take(known: object): Operation {
    const operation = operations.get(known);
    if (operation === undefined) throw new Error('unknown operation');
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
        // The pong omits the ping's payload, which may be large or hold a token.
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
        logger.error({ err: error, requestId: peer.client.record.requestId }, 'a WebSocket message failed');
        guard.close(CloseCode.InternalServerError, 'Internal server error');
      });
    };
    // Large messages wait until they may be parsed, and all later messages wait too. Resolves when none is left.
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
    // An invalid frame or a lost peer: `ws` closes the socket itself.
    socket.on('error', () => undefined);
    socket.on('close', (code: number, reason: Buffer) => {
      clearInterval(pinging);
      guard.leave();
      peer.closeCode = code;
      closed(code, reason.toString()).catch((error: unknown) =>
        logger.error(
          { err: error, requestId: peer.client.record.requestId },
          'a subscription did not end well',
        ),
      );
    });
  };
}

/** graphql-ws would refuse it without a code. Yoga refuses it over HTTP and SSE, before validation as well. */
function requireOperation(document: DocumentNode, name: string | null | undefined): void {
  if (getOperationAST(document, name) != null) return;
  const code: ErrorCode = 'OPERATION_RESOLUTION_FAILURE';
  throw new GraphQLError('Could not determine what operation to execute.', { extensions: { code } });
}

/** @returns an error as sent to the client. graphql-ws wraps the error that ended an operation as `cause`. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  return formatError(error.cause instanceof GraphQLError ? error.cause : error);
}

type Operation = {
  execute: Awaited<ReturnType<GraphqlServer['getEnveloped']>>['execute'];
  args: OperationArgs;
};

const pong = JSON.stringify({ type: MessageType.Pong });

const tooMany = (error: RateLimitedError) => maskError(error, () => undefined);

/** Sends a text. If too much waits for the peer, the promise resolves when the text has left the process. */
function send(socket: WebSocket, text: string): Promise<void> | void {
  if (socket.readyState !== socket.OPEN) return undefined;
  if (socket.bufferedAmount < maxBufferedBytes) return socket.send(text);
  return new Promise((resolve) => socket.send(text, () => resolve()));
}
