import { builder } from '../../builder.ts';

export const CredentialsInput = builder.inputType('CredentialsInput', {
  description: 'The email address and password of a user.',
  fields: (t) => ({
    email: t.string({
      description: 'The email address, at most 254 characters. Upper and lower case are the same.',
    }),
    password: t.string({ description: 'The password, 8 to 128 characters.' }),
  }),
});

export const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The current password and a new one.',
  fields: (t) => ({
    currentPassword: t.string({ description: 'The password that is valid now.' }),
    newPassword: t.string({ description: 'The new password, 8 to 128 characters.' }),
  }),
});

export const SwitchWorkspaceInput = builder.inputType('SwitchWorkspaceInput', {
  description: 'The workspace to switch to.',
  fields: (t) => ({ workspaceId: t.id({ description: 'The id of the workspace.' }) }),
});

export const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'The confirmation that a user deletes themselves.',
  fields: (t) => ({ password: t.string({ description: 'The password of the user, as a confirmation.' }) }),
});

export const RefreshInput = builder.inputType('RefreshInput', {
  description: 'The session to refresh.',
  fields: (t) => ({
    refreshToken: t.string({
      required: false,
      description: 'The newest refresh token of the session. It works once. Left out where a cookie has it.',
    }),
  }),
});
