/** What is asked of Pressrun and of what it is held against; all answer with the same JSON. */
export const shapes = ['hello', 'single', 'list'] as const;
export type Shape = (typeof shapes)[number];

/** @param postId a global id. */
export function requestOf(shape: Shape, postId: string): { query: string; variables?: object } {
  if (shape === 'hello') return { query: '{ __typename }' };
  if (shape === 'single') return { query: singleQuery, variables: { id: postId } };
  return { query: listQuery };
}

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
