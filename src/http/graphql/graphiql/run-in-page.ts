/**
 * Runs in the browser, before GraphiQL. Its text is put into the page, so it uses nothing from outside of itself.
 *
 * @returns what GraphiQL is started with.
 */
export function runInPage(given: {
  endpoint: string;
  developmentAccount: boolean;
  tabs: readonly object[];
}): object {
  /** What lies at a path of parsed JSON; undefined if nothing does. */
  const at = (value: unknown, ...path: string[]): unknown =>
    path.reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
      value,
    );
  const textAt = (value: unknown, ...path: string[]): string | undefined => {
    const found = at(value, ...path);
    return typeof found === 'string' ? found : undefined;
  };
  const parsed = (text: string | null | undefined): unknown => {
    try {
      return JSON.parse(text ?? 'null');
    } catch {
      return undefined;
    }
  };
  const stored = (key: string): unknown => parsed(localStorage.getItem(key));
  const store = (key: string, value: unknown) => localStorage.setItem(key, JSON.stringify(value));

  // The bar.
  const style = document.createElement('style');
  style.textContent = `
    body { display: flex; flex-direction: column; }
    #root { flex: 1; min-height: 0; height: auto; }
    #pressrun { display: flex; align-items: center; gap: 12px; min-height: 44px; padding: 4px 16px;
      box-sizing: border-box; font: 14px system-ui, sans-serif; color: #2b303b; background: #f4f5f8;
      border-bottom: 1px solid #d8dbe2; }
    #pressrun button { font: inherit; padding: 4px 12px; border: 1px solid #6b7386; border-radius: 6px;
      color: inherit; background: #fff; cursor: pointer; }
    #pressrun [hidden] { display: none; }
    .graphiql-dark #pressrun { color: #e6e8ee; background: #212a3b; border-color: #3a4458; }
    .graphiql-dark #pressrun button { background: #2d3850; }`;
  const bar = document.createElement('header');
  bar.id = 'pressrun';
  const status = document.createElement('span');
  status.setAttribute('role', 'status');
  const button = (text: string, onClick: () => Promise<void>) => {
    const made = document.createElement('button');
    made.textContent = text;
    made.hidden = true;
    made.addEventListener('click', () => {
      made.disabled = true;
      onClick()
        .catch((error: unknown) => say(error instanceof Error ? error.message : String(error)))
        .finally(() => (made.disabled = false));
    });
    return made;
  };
  const accountButton = button('Use a development account', useDevelopmentAccount);
  const zipButton = button('Download ZIP', downloadZip);
  bar.append(status, accountButton, zipButton);
  document.head.append(style);
  document.body.prepend(bar);

  function say(text: string): void {
    status.textContent = text;
    accountButton.hidden = !given.developmentAccount || stored('pressrun:session') !== null;
    zipButton.hidden = textAt(stored('pressrun:ids'), 'batchId') === undefined;
  }
  const notSignedIn = given.developmentAccount ? 'Not signed in.' : 'Not signed in: run Register or Login.';
  const sayWho = () => {
    const email = textAt(stored('pressrun:session'), 'user', 'email');
    say(email === undefined ? notSignedIn : `Signed in as ${email}.`);
  };

  // The session.
  const send = globalThis.fetch.bind(globalThis);
  async function call(query: string, variables: object): Promise<unknown> {
    const response = await send(given.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(30_000),
    });
    return response.json();
  }
  const fields =
    '{ __typename ... on Login { accessToken refreshToken expiresAt user { email } } ... on Error { message } }';
  function keep(login: unknown): boolean {
    if (textAt(login, 'accessToken') === undefined) return false;
    store('pressrun:session', login);
    sayWho();
    return true;
  }
  function endSession(): void {
    localStorage.removeItem('pressrun:session');
    say('Your session has expired. Sign in again.');
  }
  async function useDevelopmentAccount(): Promise<void> {
    const random = (bytes: number) =>
      [...crypto.getRandomValues(new Uint8Array(bytes))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
    const input = stored('pressrun:account') ?? {
      email: `dev-${random(4)}@example.com`,
      password: random(16),
    };
    store('pressrun:account', input);
    // The account may be new, or its database.
    for (const field of ['login', 'register']) {
      const answer = await call(
        `mutation ($input: CredentialsInput!) { ${field}(input: $input) ${fields} }`,
        {
          input,
        },
      );
      const result = at(answer, 'data', field);
      if (keep(result)) return;
      if (textAt(result, '__typename') !== 'WrongCredentialsError') {
        throw new Error(
          textAt(result, 'message') ?? textAt(answer, 'errors', '0', 'message') ?? 'No answer.',
        );
      }
    }
  }
  /** The access token, renewed if it ends within 30 seconds. A refresh token works once, so windows take turns. */
  async function accessToken(): Promise<string | undefined> {
    const renew = async () => {
      const session = stored('pressrun:session');
      const ends = Date.parse(textAt(session, 'expiresAt') ?? '');
      if (!(ends < Date.now() + 30_000)) return;
      const token = textAt(session, 'refreshToken');
      const answer = await call(
        `mutation ($token: String) { refresh(input: { refreshToken: $token }) ${fields} }`,
        {
          token,
        },
      );
      const result = at(answer, 'data', 'refresh');
      if (!keep(result) && textAt(result, '__typename') === 'InvalidRefreshTokenError') endSession();
    };
    // Browsers have locks on https and localhost only.
    await ('locks' in navigator ? navigator.locks.request('pressrun:session', renew) : renew());
    return textAt(stored('pressrun:session'), 'accessToken');
  }
  async function downloadZip(): Promise<void> {
    const batchId = textAt(stored('pressrun:ids'), 'batchId') ?? '';
    const headers = { authorization: `Bearer ${(await accessToken()) ?? ''}` };
    const response = await send(`/export/batches/${batchId}.zip`, { headers });
    if (!response.ok) throw new Error(`The export answered ${response.status}.`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await response.blob());
    link.download = `${batchId}.zip`;
    link.click();
    URL.revokeObjectURL(link.href);
  }
  // The steps: variables that are null get the ids that earlier answers had.
  function withIds(body: unknown): { variables: object } {
    const names = Object.entries(Object(at(body, 'variables')));
    const filled = names.map(([name, value]) => [name, value ?? at(stored('pressrun:ids'), name) ?? null]);
    return { ...Object(body), variables: Object.fromEntries(filled) };
  }
  function learn(answer: unknown, hasOwnToken: boolean): void {
    const data = at(answer, 'data');
    for (const name of ['register', 'login']) keep(at(data, name));
    const codes = [at(answer, 'errors', '0', 'extensions', 'code')];
    codes.push(...Object.values(Object(data)).map((value) => at(value, 'code')));
    if (codes.includes('UNAUTHENTICATED')) {
      if (hasOwnToken) say('The token under Headers is not valid.');
      else if (stored('pressrun:session') === null) say(notSignedIn);
      else endSession();
    }
    const listed = at(data, 'batch', 'posts', 'edges', '0', 'node');
    const post = ['post', 'editPost', 'regeneratePost', 'approvePost']
      .map((name) => at(data, name))
      .find((one) => textAt(one, 'id') !== undefined);
    const ids = {
      campaignId: at(data, 'createCampaign', 'id'),
      batchId: at(data, 'startBatch', 'id'),
      postId: at(post ?? listed, 'id'),
      expectedVersion: at(post ?? listed, 'version'),
    };
    // What is undefined is left out of JSON.
    store('pressrun:ids', { ...Object(stored('pressrun:ids')), ...JSON.parse(JSON.stringify(ids)) });
    if (!codes.includes('UNAUTHENTICATED')) sayWho();
  }
  globalThis.fetch = async (target, init) => {
    const asked = new Request(target, init);
    const url = new URL(asked.url);
    if (url.pathname !== given.endpoint) return send(asked);
    const headers = new Headers(asked.headers);
    const hasOwnToken = headers.has('authorization');
    const token = hasOwnToken ? undefined : await accessToken();
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const { method, signal } = asked;
    const sent: RequestInit = { method, headers, signal };
    if (method === 'POST') sent.body = JSON.stringify(withIds(parsed(await asked.text())));
    else {
      // Subscriptions have everything in their address.
      const { variables } = withIds({ variables: parsed(url.searchParams.get('variables')) });
      url.searchParams.set('variables', JSON.stringify(variables));
    }
    const response = await send(url, sent);
    if (response.headers.get('content-type')?.includes('json') === true) {
      learn(await response.clone().json(), hasOwnToken);
    }
    return response;
  };
  sayWho();
  return {
    defaultTabs: given.tabs,
    // Without it, GraphiQL writes each operation into the page's address.
    onEditQuery: () => undefined,
  };
}
