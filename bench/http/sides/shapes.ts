/** What is asked of Pressrun and of what it is held against. */
export const shapeNames = ['hello', 'single', 'list', 'pages'] as const;
export type Shape = (typeof shapeNames)[number];

const singleQuery = `query Post($id: ID!) {
  post(id: $id) {
    id position status caption hashtags imageUrl targetAudience version review createdAt finishedAt
  }
}`;

const listQuery = `query Campaigns {
  campaigns(first: 20) {
    edges { node { id name brand channel posts(first: 10) { edges { node { id status caption createdAt } } } } }
  }
}`;

const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const pagesQuery = `query CampaignPages {
  campaigns(first: 20) {
    edges {
      cursor
      node {
        id name brand channel
        posts(first: 10) { edges { cursor node { id status caption createdAt } } ${pageInfo} }
      }
    }
    ${pageInfo}
  }
}`;

/** The queries, and how many rows are in an answer. `pages` is the list with cursors and what stands before and behind it. */
export const shapes: Record<Shape, { query: string; rows: number }> = {
  hello: { query: '{ __typename }', rows: 0 },
  single: { query: singleQuery, rows: 1 },
  list: { query: listQuery, rows: 20 + 20 * 10 },
  pages: { query: pagesQuery, rows: 20 + 20 * 10 },
};

/** @param postId a global id. */
export function bodyOf(shape: Shape, postId: string): string {
  const { query } = shapes[shape];
  return JSON.stringify(shape === 'single' ? { query, variables: { id: postId } } : { query });
}
