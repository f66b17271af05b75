import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** @returns the token of `Bearer TOKEN`, undefined for anything else. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
}

const requestIds = new WeakMap<IncomingMessage, string>();

/** The id under which a request stands in the log: the client's own `x-request-id` where it is harmless. */
export function requestIdOf(request: IncomingMessage): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const sent = request.headers['x-request-id'];
  const id = typeof sent === 'string' && /^[\w.-]{1,64}$/.test(sent) ? sent : randomUUID();
  requestIds.set(request, id);
  return id;
}

/** The path of a request's target, without its query. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/';
}

/** What an `EventSource` sends when it comes back: the newest `id` it has. */
export function lastEventIdOf(request: IncomingMessage): string | undefined {
  const sent = request.headers['last-event-id'];
  return typeof sent === 'string' && sent !== '' ? sent : undefined;
}
