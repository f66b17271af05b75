import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** @returns the token of `Bearer TOKEN`, undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

/**
 * Returns the id of a request for the log: a harmless `x-request-id` of the client, or else a new id at each call.
 */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && /^[\w.-]{1,64}$/.test(sent) ? sent : randomUUID();
}

/** @returns the path of a request, without the query. */
export function pathOf(request: IncomingMessage): string {
  const { url = '/' } = request;
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** @returns what follows the `?` of a request's address; empty without one. */
export function queryOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? '' : url.slice(query + 1);
}

/** @returns the `Last-Event-ID` header, which an `EventSource` sends when it reconnects. */
export function lastEventIdOf(request: IncomingMessage): string | undefined {
  const sent = request.headers['last-event-id'];
  return typeof sent === 'string' && sent !== '' ? sent : undefined;
}
