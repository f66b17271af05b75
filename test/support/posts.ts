import {
  EditPostDocument,
  PostDocument,
  RegeneratePostDocument,
  type EditPostInput,
  type RegeneratePostInput,
} from '../../client/generated/graphql.ts';
import type { Account } from './app.ts';
import { waitUntil } from './services/wait-until.ts';

export async function getPost(account: Account, id: string) {
  const { post } = await account.run(PostDocument, { id });
  if (post == null) throw new Error('the post is not there');
  return post;
}

export async function editPost(account: Account, input: EditPostInput) {
  return (await account.run(EditPostDocument, { input })).editPost;
}

export async function regeneratePost(account: Account, input: RegeneratePostInput) {
  return (await account.run(RegeneratePostDocument, { input })).regeneratePost;
}

/** Waits until no machine works on a post, and returns it. */
export async function idlePost(account: Account, id: string) {
  let post = await getPost(account, id);
  await waitUntil('a post that is not being made', async () => {
    post = await getPost(account, id);
    return post.status === 'COMPLETED';
  });
  return post;
}
