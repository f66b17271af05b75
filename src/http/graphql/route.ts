import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { networkOf } from '../../domain/addresses.ts';
import { RateLimitedError, ServiceUnavailableError } from '../../domain/errors/errors.ts';
import type { Accounts } from '../../services/accounts/accounts.ts';
import type { RateLimits } from '../../services/accounts/rate-limits.ts';
import type { Sessions } from '../../services/accounts/sessions.ts';
import { authenticate } from '../request/authenticate.ts';
import { jsonReader, readBody } from '../request/body.ts';
import type { ClientInfo } from '../request/client-info.ts';
import { compress } from '../response/compress.ts';
import type { ConnectionCount } from '../connection-count.ts';
import type { GraphqlServer } from './operations.ts';
import { graphqlPath, type RequestContext } from './request-context.ts';
import { bearerToken, lastEventIdOf } from '../response/headers.ts';
import { answerOnFastPath } from '../fast-path/fast-path.ts';
import { keepStream } from '../response/keep-stream.ts';
import { allowOrigin, answerPreflight, isAllowedOrigin } from '../request/origins.ts';
import { refreshCookieOf } from './refresh-cookie.ts';
import { setHead, type Head } from '../response/security-headers.ts';
import type { HttpSettings } from '../settings.ts';
import type { UnfinishedInput } from '../request/unfinished-input.ts';

/** `head` is what every answer begins with; more may be added to it. */
type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  client: ClientInfo,
  head: Head,
) => Promise<void>;

/** The longest that browsers send has about 150. */
const maxAcceptCharacters = 1_000;

/** Yoga would look for an empty object's body in the connection, which has been read. */
const paramsSchema = z.custom<object>(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0,
);

/** What a request must be before GraphQL reads it; refusals are answers in GraphQL's shape. */
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
    const refuse = (status: number, code: string, message: string, extensions: object = {}) => {
      response.writeHead(status, [...head, 'content-type', 'application/json']);
      response.end(JSON.stringify({ errors: [{ message, extensions: { code, ...extensions } }] }));
    };
    if (!isAllowedOrigin(request, settings.allowedOrigins)) {
      return refuse(403, 'ORIGIN_NOT_ALLOWED', 'Pages of this origin may not call this server.');
    }
    allowOrigin(request, head);
    if (request.method === 'OPTIONS') return answerPreflight(response, head);
    // Yoga's refusal of media types lists its own for each that was sent.
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
    let viewer: ReturnType<RequestContext['viewer']>;
    const whoAsks = () => (token === undefined ? undefined : (viewer ??= authenticate(accounts, token)));
    const context = (): RequestContext => ({
      requestId: client.requestId,
      origin: client.origin,
      address: client.address,
      refreshCookie: refreshCookieOf(request, response, graphqlPath, client.isSecure),
      markSecret: () => response.setHeader('cache-control', 'no-store, no-transform'),
      lastEventId: lastEventIdOf(request),
      viewer: whoAsks,
      openStream: (opening) => keepStream(response, client.address, opening, deps),
    });
    if (request.method === 'POST') {
      // What a form of another site can send without being asked first is none of these.
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
        await answerOnFastPath(graphql.fastPath, {
          request,
          response,
          body,
          json,
          head,
          client,
          whoAsks,
          context,
        })
      )
        return;
      const params = paramsSchema.safeParse(json()).data;
      if (params === undefined) {
        return refuse(400, 'BAD_REQUEST', 'The body must be a JSON object with a query.');
      }
      // Yoga takes an object that is there as the body that was parsed. Bytes or text it would read again, in its own way.
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
