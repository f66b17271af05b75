import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { networkOf } from '../../domain/addresses.ts';
import { RateLimitedError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { ErrorCode } from '../../domain/errors/guide.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import { authenticate } from '../request/authenticate.ts';
import { jsonReader, readBody } from '../request/body.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { compress } from '../response/compress.ts';
import type { ConnectionCount } from '../connection-count.ts';
import type { GraphqlServer } from './graphql-server.ts';
import { graphqlPath, type RequestContext } from './request-context.ts';
import { bearerToken, lastEventIdOf } from '../request/headers.ts';
import { respondOnFastPath } from '../fast-path/respond.ts';
import { registerStream } from '../response/register-stream.ts';
import { allowOrigin, answerPreflight, isAllowedOrigin, originRefusal } from '../request/cors.ts';
import { refreshCookieOf } from './refresh-cookie.ts';
import { setHead, type Head } from '../response/security-headers.ts';
import type { HttpSettings } from '../settings.ts';
import type { UnfinishedInput } from '../request/unfinished-input.ts';

/** Answers a request. `head` holds the first headers of the response; the route may add more. */
type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  head: Head,
) => Promise<void>;

/** Browsers send about 150 characters at most. */
const maxAcceptCharacters = 1_000;

/** The body must not be an empty object: Yoga would then read the connection, which was already read. */
const paramsSchema = z.custom<object>(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0,
);

/** Creates the route of GraphQL over HTTP. Checks a request before GraphQL parses it; refusals have GraphQL's shape. */
export function createGraphqlRoute(deps: {
  graphql: GraphqlServer;
  services: { accounts: Accounts };
  sessions: Sessions;
  limits: RateLimits;
  connections: ConnectionCount;
  unfinished: UnfinishedInput;
  settings: HttpSettings;
  maxBodyBytes: number;
}): Route {
  const { graphql, limits, settings } = deps;
  const { accounts } = deps.services;

  return async (request, response, client, head) => {
    const refuse = (status: number, code: ErrorCode, message: string, extensions: object = {}) => {
      client.record.refuses(code);
      response.writeHead(status, [...head, 'content-type', 'application/json']);
      response.end(JSON.stringify({ errors: [{ message, extensions: { code, ...extensions } }] }));
    };
    if (!isAllowedOrigin(request, settings)) {
      return refuse(403, 'ORIGIN_NOT_ALLOWED', originRefusal);
    }
    allowOrigin(request, head);
    if (request.method === 'OPTIONS') return answerPreflight(response, head);
    // Yoga's error about media types grows with the header.
    if ((request.headers.accept?.length ?? 0) > maxAcceptCharacters) {
      return refuse(400, 'BAD_REQUEST', 'The header "accept" is too long.');
    }
    try {
      const allowed = limits.request(client.address);
      if (allowed !== undefined) await allowed;
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      head.push('retry-after', String(error.retryAfter));
      return refuse(429, error.code, error.message, { retryAfter: error.retryAfter });
    }
    const token = bearerToken(request.headers.authorization);
    let authenticated: ReturnType<RequestContext['viewer']>;
    const viewer = () =>
      token === undefined ? undefined : (authenticated ??= authenticate(accounts, token));
    const context = (): RequestContext => ({
      record: client.record,
      origin: client.origin,
      address: client.address,
      refreshCookie: refreshCookieOf(request, response, graphqlPath, client.isSecure),
      markSecret: () => response.setHeader('cache-control', 'no-store, no-transform'),
      lastEventId: lastEventIdOf(request),
      viewer,
      openStream: (opening) => registerStream(response, client, opening, deps),
    });
    if (request.method === 'POST') {
      // A form of another site cannot send JSON without a preflight request.
      if (mediaType(request) !== 'application/json') {
        return refuse(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.');
      }
      const body = await readBody(request, deps.maxBodyBytes, {
        unfinished: deps.unfinished,
        network: networkOf(client.address),
      }).catch((error: unknown) => {
        if (!(error instanceof ServiceUnavailableError)) throw error;
        return error;
      });
      if (body instanceof ServiceUnavailableError) {
        head.push('connection', 'close', 'retry-after', String(body.retryAfter));
        return refuse(503, body.code, body.message, { retryAfter: body.retryAfter });
      }
      if (body === undefined) {
        head.push('connection', 'close');
        return refuse(413, 'REQUEST_TOO_LARGE', 'The request is too large.');
      }
      const json = jsonReader(body);
      if (
        await respondOnFastPath(graphql.fastPath, {
          request,
          response,
          body,
          json,
          head,
          client,
          viewer,
          context,
        })
      )
        return;
      const params = paramsSchema.safeParse(json()).data;
      if (params === undefined) {
        return refuse(400, 'BAD_REQUEST', 'The body must be a JSON object with a query.');
      }
      // Yoga uses an object in `body` as the parsed body. It would parse bytes or text again.
      Object.assign(request, { body: params });
    }
    setHead(response, head);
    compress(request, response);
    await graphql.handle(request, response, context());
  };
}

function mediaType(request: IncomingMessage): string | undefined {
  const type = request.headers['content-type'];
  return type === 'application/json' ? type : type?.split(';', 1)[0]?.trim().toLowerCase();
}
