import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** @returns the token of `Bearer TOKEN`, undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

/**
 * The id under which a request stands in the log: the client's own `x-request-id` where it is harmless, another one at each
 * call where there is none.
 */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && /^[\w.-]{1,64}$/.test(sent) ? sent : randomUUID();
}

/** The path of a request's target, without its query. */
export function pathOf(request: IncomingMessage): string {
  const { url = '/' } = request;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** What an `EventSource` sends when it comes back: the newest `id` it has. */
export function lastEventIdOf(request: IncomingMessage): string | undefined {
  const sent = request.headers['last-event-id'];
  return typeof sent === 'string' && sent !== '' ? sent : undefined;
}
