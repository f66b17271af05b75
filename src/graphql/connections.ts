import { encodeCursor, type Page } from '../services/paging.ts';

/** Puts a page into Relay's shape. */
export function toConnection<Row extends { createdAt: Date; id: string }>(page: Page<Row>) {
  const edges = page.rows.map((node) => ({ node, cursor: encodeCursor(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
