import {
  EmailTakenError,
  RegistrationClosedError,
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
import { onInput, replacedByInput } from '../input.ts';
import {
  ChangePasswordInput,
  CredentialsInput,
  DeleteAccountInput,
  RefreshInput,
  SwitchWorkspaceInput,
} from './inputs.ts';
import { requireViewer, type Context, type RefreshCookie } from '../../context.ts';
import { MembershipRef, RoleEnum, WorkspaceNode } from './workspace.ts';

export const UserNode = builder.objectRef<LoggedInUser>('User');
builder.node(UserNode, {
  id: { resolve: ({ id }) => id },
  description: 'A person who uses Pressrun. Every user sees only themselves.',
  fields: (t) => ({
    email: t.exposeString('email', { description: 'The email address, in lower case.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'The time when the user registered.' }),
    workspaces: t.field({
      type: [MembershipRef],
      description: 'The workspaces that the user is a member of, oldest membership first.',
      resolve: ({ id }, _args, { workspaces }) => workspaces.membershipsOf({ userId: id }),
    }),
    workspace: t.field({
      type: WorkspaceNode,
      description:
        'The current workspace: the access token is valid for it, and all other fields return its data.',
      resolve: async ({ id, workspaceId }, _args, { workspaces }) => {
        const membership = await workspaces.membershipIn({ userId: id }, workspaceId);
        if (membership === null) throw new UnauthenticatedError();
        return membership.workspace;
      },
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The role of the user in the current workspace.' }),
  }),
});

/** A login as it is sent: without the refresh token in cookie mode. */
type SentLogin = Omit<Login, 'refreshToken'> & { refreshToken: string | null };

const LoginRef = builder.objectRef<SentLogin>('Login').implement({
  description: 'A session with its tokens.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'The access token. Send it with each request as the header `authorization: Bearer …`, or on a WebSocket in the connection parameters.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'The time when the access token expires.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      nullable: true,
      description:
        'The refresh token. Send it to `refresh` to get new tokens. It works once: a second use ends the session. Null if it was set as a cookie.',
    }),
    refreshExpiresAt: t.expose('refreshExpiresAt', {
      type: 'DateTime',
      description: 'The time when the session ends. Refreshing does not extend it.',
    }),
    user: t.expose('user', { type: UserNode, description: 'The user of the session.' }),
  }),
});

const SessionsEndedRef = builder.objectRef<{ endedSessions: number }>('SessionsEnded').implement({
  description:
    'The result of ending sessions. Their tokens are no longer valid and their subscriptions are closed.',
  fields: (t) => ({
    endedSessions: t.exposeInt('endedSessions', { description: 'The number of sessions that were ended.' }),
  }),
});

const AccountDeletedRef = builder.objectRef<{ deletedAt: Date }>('AccountDeleted').implement({
  description: 'The result of deleting a user.',
  fields: (t) => ({
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      description: 'The time when the user was deleted.',
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: UserNode,
    nullable: true,
    description: 'The current user; null if the request has no access token.',
    resolve: (_root, _args, context) =>
      context.viewer === undefined ? null : context.accounts.me(requireViewer(context)),
  }),
);

const cookieArg = {
  required: false,
  defaultValue: false,
  description:
    'Whether to set the refresh token as an HttpOnly cookie, which scripts cannot read. For browsers, over HTTP only.',
} as const;

const always = [InvalidInputError, RateLimitedError, ServiceUnavailableError] as const;
const withPassword = [...always, UnauthenticatedError, WrongCredentialsError] as const;

builder.mutationFields((t) => ({
  register: t.field({
    type: LoginRef,
    access: 'public',
    description: 'Registers a user, creates a workspace for them and logs them in.',
    args: {
      input: t.arg({ type: CredentialsInput, description: 'The email address and the password.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, EmailTakenError, RegistrationClosedError],
      union: { name: 'RegisterResult', description: 'The session, or an error.' },
    },
    resolve: async (_root, { input, cookie }, context) => {
      const jar = cookieJar(context, cookie);
      return send(context, await context.accounts.register(input, context.address), jar);
    },
  }),
  login: t.field({
    type: LoginRef,
    access: 'public',
    description: 'Opens a session in the workspace that you joined first.',
    args: {
      input: t.arg({ type: CredentialsInput, description: 'The email address and the password.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, WrongCredentialsError],
      union: { name: 'LoginResult', description: 'The session, or an error.' },
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
      'Returns new tokens for a session. Without an input, it reads the refresh token from the cookie and replaces it.',
    args: {
      input: t.arg({ type: RefreshInput, required: false, description: 'The session to refresh.' }),
      refreshToken: t.arg.string({
        required: false,
        description: 'The newest refresh token of the session. It works once.',
        deprecationReason: replacedByInput,
      }),
    },
    errors: {
      types: [...always, InvalidRefreshTokenError],
      union: { name: 'RefreshResult', description: 'The session with its new tokens, or an error.' },
    },
    resolve: (_root, args, context) =>
      onInput(args, { refreshToken: args.refreshToken ?? null }, async ({ refreshToken }) => {
        if (refreshToken != null) {
          return send(context, await context.accounts.refresh(refreshToken, context.address), undefined);
        }
        const jar = context.refreshCookie;
        if (jar?.value === undefined) throw new InvalidRefreshTokenError();
        return send(context, await context.accounts.refresh(jar.value, context.address), jar);
      }),
  }),
  switchWorkspace: t.field({
    type: LoginRef,
    access: 'self',
    description:
      'Opens a session in another workspace of yours and ends the current session: its tokens are no longer valid and its subscriptions are closed. Only over HTTP.',
    args: {
      input: t.arg({ type: SwitchWorkspaceInput, description: 'The workspace to switch to.' }),
      cookie: t.arg.boolean(cookieArg),
    },
    errors: {
      types: [...always, UnauthenticatedError, NotFoundError],
      union: { name: 'SwitchWorkspaceResult', description: 'The new session, or an error.' },
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
    description: 'Ends the current session.',
    errors: {
      types: [UnauthenticatedError],
      union: { name: 'LogoutResult', description: 'The number of ended sessions, or an error.' },
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
    description: 'Ends all your sessions, including the current one.',
    errors: {
      types: [UnauthenticatedError],
      union: { name: 'LogoutEverywhereResult', description: 'The number of ended sessions, or an error.' },
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
    description: 'Changes your password and ends all your other sessions.',
    args: {
      input: t.arg({ type: ChangePasswordInput, description: 'The current password and the new one.' }),
    },
    errors: {
      types: [...withPassword],
      union: { name: 'ChangePasswordResult', description: 'The number of ended sessions, or an error.' },
    },
    resolve: async (_root, { input }, context) => ({
      endedSessions: await context.accounts.changePassword(requireViewer(context), input, context.address),
    }),
  }),
  deleteAccount: t.field({
    type: AccountDeletedRef,
    access: 'self',
    description:
      'Deletes you as a user, and each workspace without another owner with its campaigns, batches, posts and images. Cannot be undone.',
    args: { input: t.arg({ type: DeleteAccountInput, description: 'The password, as a confirmation.' }) },
    errors: {
      types: [...withPassword],
      union: { name: 'DeleteAccountResult', description: 'The time of the deletion, or an error.' },
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

/** @throws InvalidInputError if a cookie is requested over a transport without cookies. */
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
