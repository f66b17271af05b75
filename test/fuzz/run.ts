import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LogoutDocument } from '../../client/generated/graphql.ts';
import { schema } from '../../src/graphql/schema.ts';
import { createRandom } from '../chaos/support/random.ts';
import { createCampaign, signUp, type Account } from '../support/app.ts';
import { post } from '../support/raw-graphql.ts';
import { createGenerator, type Operation } from './generate.ts';

/** What a run found. Each list is to be empty. */
export type Findings = {
  requests: number;
  answeredWithData: number;
  /** Answers that no request may get: status 5xx, an error without a code, INTERNAL, or a trace of our code. */
  faults: { operation: Operation; answer: string }[];
  /** Bytes on the heap after a collection: when a fifth was done, and at the end. */
  heapBytes: { early: number; late: number };
};

const atOnce = 8;
/** An account is used for this many requests: it may change its password, log out, delete itself. */
const perAccount = 200;
const trace = /node_modules|\.ts:\d+|\bprisma\b|postgres|at \w+ \(/i;

/**
 * Sends generated operations to a running app, and looks at every answer.
 *
 * @param app in this process, so that its heap can be measured.
 */
export async function fuzz(app: { url: string }, requests: number, seed: number): Promise<Findings> {
  const random = createRandom(seed);
  const faults: Findings['faults'] = [];
  let answeredWithData = 0;
  let early = 0;
  let sent = 0;
  for (let left = requests; left > 0; left -= perAccount) {
    const account = await signUp(app);
    const generate = createGenerator(schema, random, await thingsOf(account));
    const headers = { authorization: `Bearer ${account.token}` };
    const share = Array.from({ length: Math.min(perAccount, left) }, () => generate());
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let operation = share.pop(); operation !== undefined; operation = share.pop()) {
          const { status, errors, data } = await post(app, operation, headers);
          if (data !== undefined && data !== null) answeredWithData += 1;
          const text = JSON.stringify(errors);
          const isUnmasked = errors.some(({ extensions }) =>
            [undefined, 'INTERNAL'].includes(codeOf(extensions)),
          );
          if (status >= 500 || isUnmasked || trace.test(text))
            faults.push({ operation, answer: `${status} ${text}` });
          sent += 1;
        }
      }),
    );
    // Sessions that stay open are no leak, but would look like one.
    await account.run(LogoutDocument, {}).catch(() => undefined);
    if (early === 0 && sent >= requests / 5) early = collectedHeap();
  }
  return { requests: sent, answeredWithData, faults, heapBytes: { early, late: collectedHeap() } };
}

function codeOf(extensions: Record<string, unknown> | undefined): string | undefined {
  const code = extensions?.['code'];
  return typeof code === 'string' ? code : undefined;
}

async function thingsOf(account: Account): Promise<string[]> {
  return [account.id, await createCampaign(account)];
}

function collectedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}
