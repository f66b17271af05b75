import {
  EmailTakenError,
  InvalidInputError,
  InvalidRefreshTokenError,
  NotFoundError,
  RateLimitedError,
  ServiceUnavailableError,
  UnauthenticatedError,
  WrongCredentialsError,
} from '../../../domain/errors/errors.ts';
import type { LoggedInUser, Login } from '../../../services/accounts/logins.ts';
import { builder } from '../../builder.ts';
import { requireViewer, type Context, type RefreshCookie } from '../../context.ts';
import { MembershipRef, RoleEnum, WorkspaceNode } from './workspace.ts';

export const UserNode = builder.objectRef<LoggedInUser>('User');
builder.node(UserNode, {
  id: { resolve: ({ id }) => id },
  description: 'An account. Nobody sees any but their own.',
  fields: (t) => ({
    email: t.exposeString('email', { description: 'In lower case.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was registered.' }),
    workspaces: t.field({
      type: [MembershipRef],
      description: 'The workspaces that you are a member of, the oldest membership first.',
      resolve: ({ id }, _args, { workspaces }) => workspaces.membershipsOf({ userId: id }),
    }),
    workspace: t.field({
      type: WorkspaceNode,
      description: 'The workspace that your token is for: all else that you ask answers for it.',
      resolve: async ({ id, workspaceId }, _args, { workspaces }) => {
        const membership = await workspaces.membershipIn({ userId: id }, workspaceId);
        if (membership === null) throw new UnauthenticatedError();
        return membership.workspace;
      },
    }),
    role: t.expose('role', { type: RoleEnum, description: 'What you may do in it.' }),
  }),
});

/** In cookie mode the refresh token is not part of the answer. */
type SentLogin = Omit<Login, 'refreshToken'> & { refreshToken: string | null };

const LoginRef = builder.objectRef<SentLogin>('Login').implement({
  description: 'A session that was just opened, or that goes on.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'To be sent with each request as `authorization: Bearer …`, on a WebSocket in the connection parameters.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the token stops working.' }),
    refreshToken: t.exposeString('refreshToken', {
      nullable: true,
      description:
        'Trade it with `refresh` for the next pair of tokens. It works once: a second use ends the session. Null where it went into a cookie.',
    }),
    refreshExpiresAt: t.expose('refreshExpiresAt', {
      type: 'DateTime',
      description: 'When the session ends, however often it is refreshed.',
    }),
    user: t.expose('user', { type: UserNode, description: 'Whose session it is.' }),
  }),
});

const SessionsEndedRef = builder.objectRef<{ endedSessions: number }>('SessionsEnded').implement({
  description:
    'Sessions of yours were ended. Their tokens do not work any more; their subscriptions are closed.',
  fields: (t) => ({ endedSessions: t.exposeInt('endedSessions', { description: 'How many.' }) }),
});

const AccountDeletedRef = builder.objectRef<{ deletedAt: Date }>('AccountDeleted').implement({
  description: 'The account is gone, and every workspace that nobody else owned.',
  fields: (t) => ({ deletedAt: t.expose('deletedAt', { type: 'DateTime', description: 'When.' }) }),
});

const CredentialsInput = builder.inputType('CredentialsInput', {
  description: 'Who somebody is.',
  fields: (t) => ({
    email: t.string({ description: 'Case does not matter.' }),
    password: t.string({ description: 'From 8 to 128 characters.' }),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'A new password.',
  fields: (t) => ({
    currentPassword: t.string({ description: 'The one that holds until now.' }),
    newPassword: t.string({ description: 'From 8 to 128 characters.' }),
  }),
});

const SwitchWorkspaceInput = builder.inputType('SwitchWorkspaceInput', {
  description: 'Where to go on.',
  fields: (t) => ({ workspaceId: t.id({ description: 'The workspace’s id.' }) }),
});

const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'The end of an account.',
  fields: (t) => ({ password: t.string({ description: 'Yours, to be sure.' }) }),
});

builder.queryField('me', (t) =>
  t.field({
    type: UserNode,
    nullable: true,
    description: 'Your account; null for an anonymous request.',
    resolve: (_root, _args, context) =>
      context.viewer === undefined ? null : context.accounts.me(requireViewer(context)),
  }),
);

const cookieArg = {
  required: false,
  defaultValue: false,
  description:
    'For browsers: the refresh token travels in an HttpOnly cookie that no script can read. Over HTTP only.',
} as const;

const always = [InvalidInputError, RateLimitedError, ServiceUnavailableError] as const;
const withPassword = [...always, UnauthenticatedError, WrongCredentialsError] as const;

builder.mutationFields((t) => ({
  register: t.field({
    type: LoginRef,
    access: 'public',
    description: 'Opens an account with a workspace of its own, and logs in.',
    args: {
      input: t.arg({ type: CredentialsInput, description: 'Email and password.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, EmailTakenError],
      union: { name: 'RegisterResult', description: 'The session, or why there is none.' },
    },
    resolve: async (_root, { input, cookie }, context) => {
      const jar = cookieJar(context, cookie);
      return send(context, await context.accounts.register(input, context.address), jar);
    },
  }),
  login: t.field({
    type: LoginRef,
    access: 'public',
    description: 'Opens a session, in the workspace that you are a member of for longest.',
    args: {
      input: t.arg({ type: CredentialsInput, description: 'Email and password.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, WrongCredentialsError],
      union: { name: 'LoginResult', description: 'The session, or why there is none.' },
    },
    resolve: async (_root, { input, cookie }, context) => {
      const jar = cookieJar(context, cookie);
      return send(context, await context.accounts.login(input, context.address), jar);
    },
  }),
  refresh: t.field({
    type: LoginRef,
    access: 'public',
    description:
      'Goes on with a session: a new access token, and the next refresh token. Without an argument, the cookie’s token is taken and replaced.',
    args: {
      refreshToken: t.arg.string({ required: false, description: 'The newest one you have; it works once.' }),
    },
    errors: {
      types: [...always, InvalidRefreshTokenError],
      union: { name: 'RefreshResult', description: 'The session’s next tokens, or why there are none.' },
    },
    resolve: async (_root, { refreshToken }, context) => {
      if (refreshToken != null) {
        return send(context, await context.accounts.refresh(refreshToken, context.address), undefined);
      }
      const token = context.refreshCookie?.value;
      if (token === undefined) throw new InvalidRefreshTokenError();
      const jar = context.refreshCookie;
      return send(context, await context.accounts.refresh(token, context.address), jar);
    },
  }),
  switchWorkspace: t.field({
    type: LoginRef,
    access: 'self',
    description:
      'Opens a session in another of your workspaces and ends this one: its tokens do not work any more, its subscriptions are closed. Over HTTP only.',
    args: {
      input: t.arg({ type: SwitchWorkspaceInput, description: 'Which workspace.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, UnauthenticatedError, NotFoundError],
      union: { name: 'SwitchWorkspaceResult', description: 'The new session, or why there is none.' },
    },
    resolve: async (_root, { input, cookie }, context) => {
      const viewer = requireViewer(context);
      requireHttp(context);
      const jar = cookieJar(context, cookie);
      return send(context, await context.workspaces.switch(viewer, input, context.address), jar);
    },
  }),
  logout: t.field({
    type: SessionsEndedRef,
    access: 'self',
    description: 'Ends this session.',
    errors: {
      types: [UnauthenticatedError],
      union: { name: 'LogoutResult', description: 'What has ended, or why nothing has.' },
    },
    resolve: async (_root, _args, context) => {
      const endedSessions = await context.accounts.logout(requireViewer(context));
      context.refreshCookie?.clear();
      return { endedSessions };
    },
  }),
  logoutEverywhere: t.field({
    type: SessionsEndedRef,
    access: 'self',
    description: 'Ends all your sessions, this one too.',
    errors: {
      types: [UnauthenticatedError],
      union: { name: 'LogoutEverywhereResult', description: 'What has ended, or why nothing has.' },
    },
    resolve: async (_root, _args, context) => {
      const endedSessions = await context.accounts.logoutEverywhere(requireViewer(context));
      context.refreshCookie?.clear();
      return { endedSessions };
    },
  }),
  changePassword: t.field({
    type: SessionsEndedRef,
    access: 'self',
    description: 'Sets a new password and ends all your other sessions.',
    args: { input: t.arg({ type: ChangePasswordInput, description: 'The old password and the new one.' }) },
    errors: {
      types: [...withPassword],
      union: { name: 'ChangePasswordResult', description: 'What has ended, or why nothing changed.' },
    },
    resolve: async (_root, { input }, context) => ({
      endedSessions: await context.accounts.changePassword(requireViewer(context), input, context.address),
    }),
  }),
  deleteAccount: t.field({
    type: AccountDeletedRef,
    access: 'self',
    description:
      'Deletes your account, and each workspace that nobody else owns, with its campaigns, batches, posts and pictures. Cannot be undone.',
    args: { input: t.arg({ type: DeleteAccountInput, description: 'The password, once more.' }) },
    errors: {
      types: [...withPassword],
      union: { name: 'DeleteAccountResult', description: 'That it is gone, or why it is not.' },
    },
    resolve: async (_root, { input }, context) => {
      await context.accounts.deleteAccount(requireViewer(context), input, context.address);
      context.refreshCookie?.clear();
      return { deletedAt: new Date() };
    },
  }),
}));

/** @throws InvalidInputError on a WebSocket: it is closed with its session, before the tokens of the next one are sent. */
function requireHttp({ refreshCookie }: Context): void {
  if (refreshCookie !== undefined) return;
  throw new InvalidInputError([{ path: 'input', message: 'must be sent over HTTP' }]);
}

/** @throws InvalidInputError where a cookie is wanted and the transport has none, before anything is done. */
function cookieJar(context: Context, isWanted: boolean | null | undefined): RefreshCookie | undefined {
  if (isWanted !== true) return undefined;
  if (context.refreshCookie !== undefined) return context.refreshCookie;
  throw new InvalidInputError([{ path: 'cookie', message: 'must be false on a WebSocket' }]);
}

function send(context: Context, login: Login, jar: RefreshCookie | undefined): SentLogin {
  context.markSecret();
  if (jar === undefined) return login;
  jar.set(login.refreshToken, login.refreshExpiresAt);
  return { ...login, refreshToken: null };
}
