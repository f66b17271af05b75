import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { dataOf, textOf } from './answer.ts';
import { ConnectionError, RequestError, systemReason } from './errors.ts';

export type ClientOptions = {
  /** Where GraphQL is served, such as `http://127.0.0.1:4000/graphql`. */
  url: string;
  /** The access token that `register` or `login` gave; left out for an anonymous client. */
  token?: string | undefined;
};

export type Client = {
  /**
   * Sends one query or mutation.
   *
   * @param signal gives up; its reason is thrown.
   * @throws RequestError where the server refuses, ConnectionError where it does not answer.
   */
  run<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Data>;
};

/** A client for queries and mutations over HTTP. */
export function createClient({ url, token }: ClientOptions): Client {
  return {
    async run<Data, Variables>(
      document: TypedDocumentNode<Data, Variables>,
      variables: Variables,
      { signal }: { signal?: AbortSignal | undefined } = {},
    ) {
      const response = await post({
        url,
        token,
        accept: 'application/graphql-response+json, application/json',
        body: { query: textOf(document), variables },
        signal,
      });
      return dataOf(document, await readJson(response, url, signal));
    },
  };
}

/**
 * Posts a GraphQL request.
 *
 * @throws ConnectionError where nothing answers; the signal's reason where it was aborted.
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
 * @throws RequestError where it is no JSON, naming the HTTP status; ConnectionError where it is cut off.
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
    throw new RequestError([{ message, code: `HTTP_${response.status}` }]);
  }
}
