import { at, store, stored, textAt } from './values.ts';

/** The account whose token signs the requests of the page. Its tokens lie in localStorage: other windows share them. */
export type Session = {
  /** The e-mail address of who is signed in. */
  email(): string | undefined;
  /** The access token, renewed if it ends within 30 seconds. */
  accessToken(): Promise<string | undefined>;
  /** Signs in with an answer of `register`, `login` or `refresh`; false if it is no such answer. */
  keep(login: unknown): boolean;
  end(): void;
  useDevelopmentAccount(): Promise<void>;
};

export function openSession(endpoint: string): Session {
  const fields =
    '{ __typename ... on Login { accessToken refreshToken expiresAt user { email } } ... on Error { message } }';

  const noAnswer = 'The server gave no answer.';
  const email = () => textAt(stored('session'), 'user', 'email');

  async function ask(field: string, inputType: string, input: unknown): Promise<unknown> {
    const query = `mutation ($input: ${inputType}!) { ${field}(input: $input) ${fields} }`;
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer: unknown = await response.json();
    return at(answer, 'data', field) ?? at(answer, 'errors', '0');
  }

  function keep(login: unknown): boolean {
    if (textAt(login, 'accessToken') === undefined) return false;
    // The ids of another account lead nowhere.
    const owner = textAt(login, 'user', 'email');
    if (textAt(stored('ids'), 'owner') !== owner) store('ids', { owner });
    store('session', login);
    return true;
  }

  async function renew(): Promise<void> {
    const session = stored('session');
    const ends = Date.parse(textAt(session, 'expiresAt') ?? '');
    if (!(ends < Date.now() + 30_000)) return;
    const refreshToken = textAt(session, 'refreshToken');
    const result = await ask('refresh', 'RefreshInput', { refreshToken });
    if (keep(result)) return;
    if (textAt(result, '__typename') === 'InvalidRefreshTokenError') return store('session', null);
    throw new Error(textAt(result, 'message') ?? noAnswer);
  }

  return {
    keep,
    email,
    end: () => store('session', null),
    async accessToken() {
      // A refresh token works once, so windows take turns. Browsers have locks on https and localhost only.
      await ('locks' in navigator ? navigator.locks.request('pressrun:session', renew) : renew());
      return textAt(stored('session'), 'accessToken');
    },
    async useDevelopmentAccount() {
      // `crypto.randomUUID` is missing on plain http.
      const random = () => crypto.getRandomValues(new Uint32Array(4)).join('');
      const account = stored('account') ?? {
        email: `dev-${random().slice(0, 8)}@example.com`,
        password: random(),
      };
      store('account', account);
      // The account may be new, or its database.
      for (const field of ['login', 'register']) {
        const result = await ask(field, 'CredentialsInput', account);
        if (keep(result)) return;
        if (textAt(result, '__typename') !== 'WrongCredentialsError') {
          throw new Error(textAt(result, 'message') ?? noAnswer);
        }
      }
    },
  };
}
