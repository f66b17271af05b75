import { addBar } from './bar.ts';
import { createFetcher, type Fetcher } from './fetcher.ts';
import { keepIds } from './ids.ts';
import { openSession, type Session } from './session.ts';
import { at, stored, textAt } from './values.ts';

/** Signs the page's requests by a bar, and fills in ids from step to step. Returns what GraphiQL is started with. */
export function start(given: { endpoint: string; developmentAccount: boolean; tabs: readonly object[] }): {
  fetcher: Fetcher;
  defaultTabs: readonly object[];
  onEditQuery: () => void;
} {
  const session = openSession(given.endpoint);
  const notSignedIn = given.developmentAccount ? 'Not signed in.' : 'Not signed in: run Register or Login.';
  const status = () => {
    const email = session.email();
    return email === undefined ? notSignedIn : `Signed in as ${email}.`;
  };
  const batchId = () => textAt(stored('ids'), 'batchId');
  const say = addBar(status, [
    {
      name: 'Use a development account',
      isShown: () => given.developmentAccount && session.email() === undefined,
      onClick: session.useDevelopmentAccount,
    },
    {
      name: 'Download ZIP',
      isShown: () => batchId() !== undefined,
      onClick: () => downloadZip(batchId() ?? '', session),
    },
  ]);
  const fetcher = createFetcher(given.endpoint, session, (answer, hasOwnToken) => {
    for (const name of ['register', 'login']) session.keep(at(answer, 'data', name));
    keepIds(at(answer, 'data'));
    say(isUnauthenticated(answer) ? refusal(hasOwnToken) : status());
  });
  function refusal(hasOwnToken: boolean): string {
    if (hasOwnToken) return 'The token under Headers is not valid.';
    if (session.email() === undefined) return notSignedIn;
    session.end();
    return 'Your session has expired. Sign in again.';
  }
  // GraphiQL writes each operation into the page's address, unless it is told otherwise.
  return { fetcher, defaultTabs: given.tabs, onEditQuery: () => undefined };
}

/** Queries answer with an error, mutations with an object that has its code. */
export function isUnauthenticated(answer: unknown): boolean {
  const results = Object.values(Object(at(answer, 'data')));
  const codes = [
    at(answer, 'errors', '0', 'extensions', 'code'),
    ...results.map((result) => at(result, 'code')),
  ];
  return codes.includes('UNAUTHENTICATED');
}

export async function downloadZip(batchId: string, session: Session): Promise<void> {
  const headers = { authorization: `Bearer ${(await session.accessToken()) ?? ''}` };
  const response = await fetch(`/export/batches/${batchId}.zip`, { headers });
  if (!response.ok) throw new Error(`The export answered ${response.status}.`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${batchId}.zip`;
  link.click();
  URL.revokeObjectURL(link.href);
}
