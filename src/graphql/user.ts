import { EmailTakenError, InvalidInputError, WrongCredentialsError } from '../domain/errors.ts';
import type { Login } from '../services/accounts.ts';
import { builder } from './builder.ts';
import { requireViewer } from './context.ts';

export const UserNode = builder.prismaNode('User', {
  id: { field: 'id' },
  nullable: true,
  description: 'An account. Nobody sees any but their own.',
  findUnique: (id, context) => {
    const { userId } = requireViewer(context);
    return { id, AND: { id: userId } };
  },
  fields: (t) => ({
    email: t.exposeString('email', { description: 'In lower case.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was registered.' }),
  }),
});

const LoginRef = builder.objectRef<Login>('Login').implement({
  description: 'A session that was just opened.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'To be sent with each request as `authorization: Bearer …`, on a WebSocket in the connection parameters.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the token stops working.' }),
    user: t.expose('user', { type: UserNode, description: 'Whose session it is.' }),
  }),
});

const CredentialsInput = builder.inputType('CredentialsInput', {
  description: 'Who somebody is.',
  fields: (t) => ({
    email: t.string({ description: 'Case does not matter.' }),
    password: t.string({ description: 'From 8 to 128 characters.' }),
  }),
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

builder.mutationFields((t) => ({
  register: t.field({
    type: LoginRef,
    description: 'Opens an account and logs in.',
    args: { input: t.arg({ type: CredentialsInput, description: 'Email and password.' }) },
    errors: {
      types: [InvalidInputError, EmailTakenError],
      union: { name: 'RegisterResult', description: 'The session, or why there is none.' },
    },
    resolve: (_root, { input }, { accounts }) => accounts.register(input),
  }),
  login: t.field({
    type: LoginRef,
    description: 'Opens a session.',
    args: { input: t.arg({ type: CredentialsInput, description: 'Email and password.' }) },
    errors: {
      types: [InvalidInputError, WrongCredentialsError],
      union: { name: 'LoginResult', description: 'The session, or why there is none.' },
    },
    resolve: (_root, { input }, { accounts }) => accounts.login(input),
  }),
}));
