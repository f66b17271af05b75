import { dataOf } from './answer.ts';
import type { TypedDocument } from './documents.ts';
import { ConnectionError, isUnauthenticated, RequestError, systemReason } from './errors.ts';
import type { Session } from './tokens.ts';

/** Options of a client. */
export type ClientOptions = {
  /** The address of GraphQL, such as `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** An access token, or a session that renews it. Undefined: an anonymous client. */
  token?: string | Session | undefined;
};

/** A client for queries and mutations. */
export type Client = {
  /**
   * Sends one query or mutation.
   *
   * @param options.signal aborts the request. Its reason is thrown.
   * @throws RequestError if the server refuses, ConnectionError if it does not answer.
   */
  run<Data, Variables>(
    document: TypedDocument<Data, Variables>,
    variables: Variables,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Data>;
};

/** Creates a client for queries and mutations over HTTP. */
export function createClient({ url, token }: ClientOptions): Client {
  return {
    run<Data, Variables>(
      document: TypedDocument<Data, Variables>,
      variables: Variables,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ) {
      return withToken(token, async (bearer) => {
        const response = await post({
          url,
          token: bearer,
          accept: 'application/graphql-response+json, application/json',
          body: { query: document, variables },
          signal,
        });
        return dataOf(document, await readJson(response, url, signal));
      });
    },
  };
}

/** Sends a request with a valid token. If the server refuses the token, sends it once more with the next one. */
export async function withToken<Data>(
  token: string | Session | undefined,
  ask: (bearer: string | undefined) => Promise<Data>,
): Promise<Data> {
  if (typeof token !== 'object') return ask(token);
  const bearer = await token.token();
  try {
    const data = await ask(bearer);
    if (!isRefused(data)) return data;
  } catch (error) {
    if (!isUnauthenticated(error)) throw error;
  }
  token.refused(bearer);
  return ask(await token.token());
}

/** Whether a mutation refused the token, which it returns as data. Nothing was changed, so it can be sent again. */
function isRefused(data: unknown): boolean {
  const fields = Object.values(Object(data));
  return fields.length > 0 && fields.every((field) => Object(field).code === 'UNAUTHENTICATED');
}

/**
 * Posts a GraphQL request.
 *
 * @throws ConnectionError if nothing answers; the signal's reason if it was aborted.
 */
export async function post(request: {
  url: string;
  token: string | undefined;
  accept: string;
  body: { query: string; variables: unknown };
  signal: AbortSignal | undefined;
}): Promise<Response> {
  const { url, token, accept, body, signal } = request;
  const headers = { accept, 'content-type': 'application/json' };
  try {
    return await fetch(url, {
      method: 'POST',
      headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError(`Nothing answers at ${url}${systemReason(error)}.`, { cause: error });
  }
}

/**
 * Reads an answer's body.
 *
 * @throws RequestError naming the HTTP status if the body is not JSON; ConnectionError if it is cut off.
 */
export async function readJson(
  response: Response,
  url: string,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError(`The answer of ${url} was cut off${systemReason(error)}.`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch {
    const message = `${url} answered with HTTP ${response.status} and no GraphQL. Is it Pressrun's address?`;
    throw new RequestError([
      { message, code: `HTTP_${response.status}`, retryAfter: secondsToWait(response) },
    ]);
  }
}

/** @returns the seconds of `Retry-After`; undefined if the answer has none. */
export function secondsToWait({ headers }: Response): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : seconds;
}
