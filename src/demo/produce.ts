import { randomBytes } from 'node:crypto';
import {
  BatchDocument,
  createClient,
  CreateCampaignDocument,
  createSession,
  expectResult,
  followBatch,
  PostsDocument,
  RegisterDocument,
  RequestError,
  StartBatchDocument,
  type BatchSummaryFragment,
  type Client,
  type CreateCampaignInput,
  type PostCardFragment,
  type PostFilter,
  type PostsQuery,
  type Session,
} from '../../client/index.ts';
import { CampaignFileError, kindOf } from './campaign.ts';
import type { Options } from './options.ts';
import type { Screen } from './screen.ts';
import { initialState, reduce, type Action } from './state.ts';
import { count } from './text.ts';

/** A user that the demo registered. */
export type DemoUser = { email: string; password: string };

/** A batch that the demo has started. */
export type Order = {
  user: DemoUser;
  session: Session;
  client: Client;
  batch: BatchSummaryFragment & { id: string };
};

/** What is there of a batch. */
export type Product = {
  batch: BatchSummaryFragment;
  /** All posts of the batch, by position. */
  posts: PostCardFragment[];
};

/** What to make, and how to tell of it. `signal` ends it early. */
export type Job = {
  url: string;
  options: Options;
  campaign: CreateCampaignInput;
  isSimulated: boolean;
  screen: Screen;
  signal: AbortSignal;
};

/**
 * Does what any client does: registers a user, creates a campaign and starts a batch.
 *
 * @throws RequestError, ConnectionError; CampaignFileError if the server refuses the campaign.
 */
export async function placeOrder(job: Job): Promise<Order> {
  const { url, options, campaign, screen, signal } = job;

  screen.working('Registering a user');
  const user = { email: `demo-${randomBytes(4).toString('hex')}@example.com`, password: randomPassword() };
  const { register } = await createClient({ url }).run(RegisterDocument, { input: user }, { signal });
  // A large batch outlives an access token.
  const session = createSession({ url, tokens: expectResult(register, 'Login') });
  const client = createClient({ url, token: session });
  screen.done(`User ${user.email}, for this demo only`);

  const campaignId = await createCampaign(client, job);
  screen.done(`Campaign “${campaign.name}” for ${campaign.brand}, from ${options.campaignFile}`);

  const input = { campaignId, postCount: options.postCount };
  const { startBatch } = await client.run(StartBatchDocument, { input }, { signal });
  const batch = expectResult(startBatch, 'Batch');
  const transport = options.transport === 'sse' ? 'server-sent events' : 'a WebSocket';
  screen.done(`${count(options.postCount, 'post')} ordered; following them over ${transport}`);

  return { user, session, client, batch };
}

/** Reads what is there of a batch. */
export async function readProduct({ client, batch }: Order, signal: AbortSignal): Promise<Product> {
  const read = await client.run(BatchDocument, { id: batch.id }, { signal });
  const posts = await listPosts(client, { batchId: batch.id }, signal);
  return {
    batch: read.batch ?? batch,
    posts: posts.toSorted((a, b) => a.position - b.position),
  };
}

async function createCampaign(client: Client, { campaign, options, signal }: Job): Promise<string> {
  try {
    const { createCampaign: created } = await client.run(
      CreateCampaignDocument,
      { input: campaign },
      { signal },
    );
    return expectResult(created, 'Campaign').id;
  } catch (error) {
    const faults = error instanceof RequestError ? error.reasons.flatMap(({ fields = [] }) => fields) : [];
    if (faults.length === 0) throw error;
    const lines = faults.map(({ path, message }) => `${path.replace(/^input\./, '')}: ${message}`);
    throw new CampaignFileError(options.campaignFile, lines, { cause: error });
  }
}

/** Follows a batch to its end, and shows it. */
export async function follow({ client, session, batch }: Order, job: Job): Promise<void> {
  const { url, options, campaign, isSimulated, screen, signal } = job;
  const title = [campaign.brand, campaign.name, kindOf(campaign), ...(isSimulated ? ['simulated'] : [])].join(
    ' · ',
  );
  let state = initialState(batch);
  const learn = (action: Action) => {
    state = reduce(state, action);
    screen.show(title, state, action.type === 'event' ? action.event : undefined);
  };
  learn({ type: 'listed', posts: await listPosts(client, { batchId: batch.id }, signal) });
  const { transport } = options;
  for await (const event of followBatch({ url, token: session, batchId: batch.id, transport, signal })) {
    learn({ type: 'event', event, receivedAtMs: Date.now() });
    if (event.__typename === 'BatchSnapshotEvent') {
      // Stages are only sent live. What began before this connection is in the list.
      const filter: PostFilter = { batchId: batch.id, status: ['GENERATING'] };
      learn({ type: 'listed', posts: await listPosts(client, filter, signal) });
    }
  }
}

async function listPosts(
  client: Client,
  filter: PostFilter,
  signal: AbortSignal,
): Promise<PostCardFragment[]> {
  const found: PostCardFragment[] = [];
  let after: string | null = null;
  do {
    const { posts }: PostsQuery = await client.run(PostsDocument, { filter, first: 100, after }, { signal });
    found.push(...posts.edges.map(({ node }) => node));
    after = posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

function randomPassword(): string {
  return randomBytes(9).toString('base64url');
}
