import { expect, it } from 'vitest';
import {
  CampaignsDocument,
  DeleteAccountDocument,
  RefreshDocument,
  SwitchWorkspaceDocument,
  WorkspacesDocument,
} from '../../../client/generated/graphql.ts';
import { anonymous, clientOf, createCampaign, signUp, startTestApp } from '../../support/app.ts';
import { absentId } from '../../support/batches.ts';
import { openSocket, post } from '../../support/raw-graphql.ts';
import { waitUntil } from '../../support/services/wait-until.ts';
import { forge, testSecret } from '../../support/tokens.ts';
import { addWorkspace, logIn, ownWorkspaceOf, rowId, setRole } from '../../support/workspaces.ts';

const as = (token: string) => ({ authorization: `Bearer ${token}` });

/** A user with a workspace of their own and the place of an editor in another one. */
async function startWithTwo() {
  let app = await startTestApp({ JWT_SECRET: testSecret });
  const account = await signUp(app);
  let added = '';
  app = await app.restart(async (prisma) => {
    added = await addWorkspace(prisma, account, 'EDITOR');
  });
  return { app, account, own: ownWorkspaceOf(account), added };
}

it('who registers owns a workspace, which is named after them', async () => {
  await using app = await startTestApp();
  const account = await signUp(app, `ada.${crypto.randomUUID()}@example.com`);
  const { me } = await account.run(WorkspacesDocument, {});
  const workspace = { id: ownWorkspaceOf(account), name: account.email.split('@')[0] };
  expect(me).toEqual({ workspace, role: 'OWNER', workspaces: [{ workspace, role: 'OWNER' }] });
});

it('switching answers for the other workspace, and ends the session that it was called with', async () => {
  const { app, account, own, added } = await startWithTwo();
  await using _ = app;
  const before = await logIn(app, account);
  await createCampaign(before);
  const { switchWorkspace } = await before.run(SwitchWorkspaceDocument, { input: { workspaceId: added } });
  if (switchWorkspace.__typename !== 'Login') throw new Error(switchWorkspace.__typename);
  expect(switchWorkspace.user).toMatchObject({ workspace: { id: added }, role: 'EDITOR' });
  const { run } = clientOf(app, switchWorkspace.accessToken);
  const { me } = await run(WorkspacesDocument, {});
  expect(me?.workspace.id).toBe(added);
  expect(me?.workspaces.map(({ workspace, role }) => [workspace.id, role])).toEqual([
    [own, 'OWNER'],
    [added, 'EDITOR'],
  ]);
  expect((await run(CampaignsDocument, { filter: {}, first: 10 })).campaigns.edges).toEqual([]);

  const old = await post(app, { query: '{ me { id } }' }, as(before.token));
  expect(old.errors[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  const { refresh } = await anonymous(app).run(RefreshDocument, { refreshToken: before.refreshToken });
  expect(refresh.__typename).toBe('InvalidRefreshTokenError');
});

it('a session that is refreshed stays in its workspace', async () => {
  const { app, account, added } = await startWithTwo();
  await using _ = app;
  const { refreshToken } = await logIn(app, account, added);
  const { refresh } = await anonymous(app).run(RefreshDocument, { refreshToken });
  if (refresh.__typename !== 'Login') throw new Error(refresh.__typename);
  const { me } = await clientOf(app, refresh.accessToken).run(WorkspacesDocument, {});
  expect([me?.workspace.id, me?.role]).toEqual([added, 'EDITOR']);
});

it('where a cookie keeps the refresh token, switching replaces it', async () => {
  const { app, account, added } = await startWithTwo();
  await using _ = app;
  const { token } = await logIn(app, account);
  const query = `mutation { switchWorkspace(input: { workspaceId: "${added}" }, cookie: true) {
    ... on Login { refreshToken } } }`;
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...as(token) },
    body: JSON.stringify({ query }),
  });
  expect(await response.json()).toEqual({ data: { switchWorkspace: { refreshToken: null } } });
  expect(response.headers.get('set-cookie')).toContain('pressrun_refresh=');
});

it('a WebSocket, which closes with its session, cannot switch: nothing is changed and the socket stays open', async () => {
  const { app, account, own, added } = await startWithTwo();
  await using _ = app;
  await using socket = await openSocket(app, account.token);
  const ask = async (id: string, query: string) => {
    socket.say({ type: 'subscribe', id, payload: { query } });
    return (await socket.hear((message) => message.type === 'next' && message.id === id)).payload;
  };
  const refusal = { code: 'INVALID_INPUT', fields: [{ path: 'input', message: 'must be sent over HTTP' }] };
  const error = '... on Error { code } ... on InvalidInputError { fields { path message } }';
  const switching = `mutation { switchWorkspace(input: { workspaceId: "${added}" }) { ${error} } }`;
  expect(await ask('1', switching)).toEqual({ data: { switchWorkspace: refusal } });
  expect(await ask('2', '{ me { workspace { id } } }')).toEqual({ data: { me: { workspace: { id: own } } } });
});

it('a workspace of others is as one that is not there, and the session goes on', async () => {
  await using app = await startTestApp();
  const [account, stranger] = [await signUp(app), await signUp(app)];
  for (const workspaceId of [ownWorkspaceOf(stranger), absentId('Workspace')]) {
    const { switchWorkspace } = await account.run(SwitchWorkspaceDocument, { input: { workspaceId } });
    expect(switchWorkspace).toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no workspace with this id.',
    });
  }
  expect((await account.run(WorkspacesDocument, {})).me?.role).toBe('OWNER');
});

it('a token of the release before, which names no workspace, is for the user’s own one', async () => {
  const { app, account, own, added } = await startWithTwo();
  await using _ = app;
  const ask = async (token: string) => post(app, { query: '{ me { role workspace { id } } }' }, as(token));
  const { data } = await ask(forge((await logIn(app, account)).token));
  expect(data).toEqual({ me: { role: 'OWNER', workspace: { id: own } } });
  // Not where its session is for another one.
  const { errors } = await ask(forge((await logIn(app, account, added)).token));
  expect(errors[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
});

it('a token that says another workspace or role than its session has is refused', async () => {
  const { app, account, own, added } = await startWithTwo();
  await using _ = app;
  const { token } = await logIn(app, account, added);
  const codeOf = async (claims: Record<string, unknown>) => {
    const { errors } = await post(app, { query: '{ me { id } }' }, as(forge(token, { claims })));
    return errors[0]?.extensions?.['code'];
  };
  expect(await codeOf({ wid: rowId(added), role: 'EDITOR' })).toBeUndefined();
  expect(await codeOf({ wid: rowId(added), role: 'OWNER' })).toBe('UNAUTHENTICATED');
  expect(await codeOf({ wid: rowId(own), role: 'OWNER' })).toBe('UNAUTHENTICATED');
  expect(await codeOf({ wid: rowId(added), role: 'ROOT' })).toBe('UNAUTHENTICATED');
});

it('a membership that changes takes its tokens with it, and one that ends its sessions', async () => {
  const { app: first, account, added } = await startWithTwo();
  let app = first;
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const { token, refreshToken } = await logIn(app, account, added);
  app = await app.restart((prisma) => setRole(prisma, added, account, 'VIEWER'));
  const { errors } = await post(app, { query: '{ me { id } }' }, as(token));
  expect(errors[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  const { refresh } = await anonymous(app).run(RefreshDocument, { refreshToken });
  if (refresh.__typename !== 'Login') throw new Error(refresh.__typename);
  const { me } = await clientOf(app, refresh.accessToken).run(WorkspacesDocument, {});
  expect(me?.role).toBe('VIEWER');

  app = await app.restart(async (prisma) => {
    await prisma.membership.deleteMany({ where: { workspaceId: rowId(added) } });
  });
  const again = await anonymous(app).run(RefreshDocument, { refreshToken: refresh.refreshToken ?? '' });
  expect(again.refresh.__typename).toBe('InvalidRefreshTokenError');
});

it('deleting an account deletes the workspaces that nobody else owns, and leaves the others to their members', async () => {
  let app = await startTestApp();
  await using opened = new AsyncDisposableStack();
  opened.defer(() => app[Symbol.asyncDispose]());
  const [leaving, staying] = [await signUp(app), await signUp(app)];
  const own = ownWorkspaceOf(leaving);
  let shared = '';
  app = await app.restart(async (prisma) => {
    shared = await addWorkspace(prisma, leaving, 'OWNER');
    await setRole(prisma, shared, staying, 'OWNER');
    await setRole(prisma, own, staying, 'EDITOR');
  });
  const guest = await logIn(app, staying, own);
  const member = await logIn(app, staying, shared);
  const campaignId = await createCampaign(member);
  const { run } = await logIn(app, leaving);
  const { deleteAccount } = await run(DeleteAccountDocument, { input: { password: 'correct horse' } });
  expect(deleteAccount.__typename).toBe('AccountDeleted');

  const { errors } = await post(app, { query: '{ me { id } }' }, as(guest.token));
  expect(errors[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  const { campaigns } = await member.run(CampaignsDocument, { filter: {}, first: 10 });
  expect(campaigns.edges.map(({ node }) => node.id)).toEqual([campaignId]);
  await waitUntil(
    'the account and its workspace to be gone',
    async () => {
      let left: unknown;
      app = await app.restart(async (prisma) => {
        const users = await prisma.user.findMany({ select: { id: true } });
        const workspaces = await prisma.workspace.findMany({ select: { id: true } });
        left = [users, workspaces].map((rows) => rows.map(({ id }) => id).toSorted());
      });
      const workspaces = [rowId(shared), rowId(ownWorkspaceOf(staying))];
      return JSON.stringify(left) === JSON.stringify([[rowId(staying.id)], workspaces.toSorted()]);
    },
    { intervalMs: 3_000 },
  );
});
