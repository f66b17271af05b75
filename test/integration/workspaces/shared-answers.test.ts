import { expect, it } from 'vitest';
import { signUp, startTestApp } from '../../support/app.ts';
import { post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { logIn, ownWorkspaceOf, setRole } from '../../support/workspaces.ts';

it('what a member is answered about somebody else is not what that one is answered', async () => {
  let app = await startTestApp({ CACHE: 'on' });
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const [ada, bob] = [await signUp(app), await signUp(app)];
  const workspaceId = ownWorkspaceOf(ada);
  app = await app.restart((prisma) => setRole(prisma, workspaceId, bob, 'VIEWER'));
  const [asAda, asBob] = [await logIn(app, ada, workspaceId), await logIn(app, bob, workspaceId)];
  const ask = (query: string, { token }: { token: string }) =>
    post(app, { query }, { authorization: `Bearer ${token}` });
  // By then answers are kept.
  await waitUntil('an answer that is kept', async () => {
    const { headers } = await ask('{ campaigns { totalCount } }', asAda);
    return headers.get('x-cache') === 'HIT';
  });
  const query = `{ node(id: "${bob.id}") { id } }`;
  expect((await ask(query, asAda)).data).toEqual({ node: null });
  expect((await ask(query, asBob)).data).toEqual({ node: { id: bob.id } });
});
