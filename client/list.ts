import type { TypedDocument } from './documents.ts';
import type { Client } from './http.ts';

/** One page of a list, as the documents `PostsDocument`, `BatchesDocument` and `CampaignsDocument` ask for it. */
export type Page<Row> = {
  edges: { node: Row }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
};

/**
 * Reads a list to its end and asks for a page when it is needed, 100 rows at a time unless `first` says otherwise:
 * `for await (const post of listAll(client, PostsDocument, { filter }))`.
 *
 * @param document a query of one list.
 * @param variables its filter and order; `after` starts behind a cursor.
 * @throws RequestError if the server refuses, ConnectionError if it does not answer.
 */
export async function* listAll<
  Row,
  Variables extends { first?: number | null | undefined; after?: string | null | undefined },
>(
  client: Client,
  document: TypedDocument<Record<string, Page<Row>>, Variables>,
  variables: Variables,
  options: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Row, void, undefined> {
  let { first, after } = variables;
  for (;;) {
    const data = await client.run(document, { ...variables, first: first ?? 100, after }, options);
    const [page] = Object.values(data);
    for (const { node } of page?.edges ?? []) yield node;
    if (page?.pageInfo.hasNextPage !== true) return;
    after = page.pageInfo.endCursor;
  }
}
