import { randomBytes } from 'node:crypto';
import {
  BatchDocument,
  createClient,
  CreateBrandDocument,
  CreateCampaignDocument,
  createSession,
  expectResult,
  followBatch,
  listAll,
  PostsDocument,
  RegisterDocument,
  RequestError,
  StartBatchDocument,
  type Client,
  type PostCardFragment,
  type PostFilter,
} from '../../../client/index.ts';
import { kindOf, variantCount } from '../input/channels.ts';
import { InputFileError } from '../input/json-file.ts';
import { readPlan, review } from './plan.ts';
import { initialState, reduce, type Action } from '../state.ts';
import { count } from '../text.ts';

import type { Job, Order, Product } from './job.ts';

/**
 * Does what any client does: registers a user, creates a campaign and starts a batch.
 *
 * @throws RequestError, ConnectionError; InputFileError if the server refuses the campaign or the brand.
 */
export async function placeOrder(job: Job): Promise<Order> {
  const { url, options, brief, screen, signal } = job;
  const { campaign, brand, rows, itemCount, variants, postCount } = brief;

  screen.working('Registering a user');
  const user = { email: `demo-${randomBytes(4).toString('hex')}@example.com`, password: randomPassword() };
  const { register } = await createClient({ url }).run(RegisterDocument, { input: user }, { signal });
  // A large batch outlives an access token.
  const session = createSession({ url, tokens: expectResult(register, 'Login') });
  const client = createClient({ url, token: session });
  screen.done(`User ${user.email}, for this demo only`);

  const brandId = await createBrand(client, job);
  if (brand !== undefined) screen.done(`Brand “${brand.name}”, from ${options.brandFile}`);
  const campaignId = await createCampaign(client, job, brandId);
  screen.done(`Campaign “${campaign.name}” for ${campaign.brand}, from ${options.campaignFile}`);

  const { channels, languages, review: asksFirst } = options;
  const input = { campaignId, postCount: itemCount, rows, channels, languages, review: asksFirst };
  const { startBatch } = await client.run(StartBatchDocument, { input }, { signal });
  const batch = expectResult(startBatch, 'Batch');
  const transport = options.transport === 'sse' ? 'server-sent events' : 'a WebSocket';
  const items = variantCount(variants) === 1 ? '' : `${count(itemCount, 'item')}, `;
  screen.done(`${items}${count(postCount, 'post')} ordered; following them over ${transport}`);
  if (rows !== undefined) screen.done(`${count(rows.length, 'row')} of the plan from ${options.rowsFile}`);

  return { user, session, client, campaignId, batch };
}

/** Reads what is there of a batch. */
export async function readProduct(order: Order, signal: AbortSignal): Promise<Product> {
  const { client, batch } = order;
  const read = await client.run(BatchDocument, { id: batch.id }, { signal });
  const posts = await listPosts(client, { batchId: batch.id }, signal);
  const { items } = await readPlan(order, signal);
  return {
    batch: read.batch ?? batch,
    posts: posts.toSorted((a, b) => a.position - b.position),
    items,
  };
}

async function createBrand(client: Client, { brief, options, signal }: Job): Promise<string | undefined> {
  if (brief.brand === undefined) return undefined;
  const input = brief.brand;
  return namingFile(options.brandFile ?? '', async () => {
    const { createBrand: created } = await client.run(CreateBrandDocument, { input }, { signal });
    return expectResult(created, 'Brand').id;
  });
}

async function createCampaign(
  client: Client,
  { brief, options, signal }: Job,
  brandId: string | undefined,
): Promise<string> {
  const input = { ...brief.campaign, brandId };
  return namingFile(options.campaignFile, async () => {
    const { createCampaign: created } = await client.run(CreateCampaignDocument, { input }, { signal });
    return expectResult(created, 'Campaign').id;
  });
}

/** @throws InputFileError if the server refuses fields, which come from this file. */
async function namingFile<Result>(file: string, send: () => Promise<Result>): Promise<Result> {
  try {
    return await send();
  } catch (error) {
    const faults = error instanceof RequestError ? error.reasons.flatMap(({ fields = [] }) => fields) : [];
    if (faults.length === 0) throw error;
    const lines = faults.map(({ path, message }) => `${path.replace(/^input\./, '')}: ${message}`);
    throw new InputFileError(file, lines, { cause: error });
  }
}

/**
 * Follows a batch to its end, and shows it.
 *
 * @returns false if a person looked at its plan and wants no posts.
 */
export async function follow(order: Order, job: Job): Promise<boolean> {
  const { client, session, batch } = order;
  const { url, options, brief, isSimulated, screen, signal } = job;
  const { campaign, variants } = brief;
  const title = [campaign.brand, campaign.name, kindOf(variants), ...(isSimulated ? ['simulated'] : [])].join(
    ' · ',
  );
  let state = initialState(batch);
  const learn = (action: Action) => {
    state = reduce(state, action);
    screen.show({ title, variants }, state, action.type === 'event' ? action.event : undefined);
  };
  const list = async () => {
    learn({ type: 'planned', ...(await readPlan(order, signal)) });
    learn({ type: 'listed', posts: await listPosts(client, { batchId: batch.id }, signal) });
  };
  const { transport } = options;
  const followFrom = async (after?: string): Promise<string | undefined> => {
    const events = followBatch({ url, token: session, batchId: batch.id, transport, after, signal });
    for await (const event of events) {
      learn({ type: 'event', event, receivedAtMs: Date.now() });
      if (event.__typename === 'BatchSnapshotEvent') {
        // Stages are only sent live. What began before this connection is in the list.
        const filter: PostFilter = { batchId: batch.id, status: ['GENERATING'] };
        learn({ type: 'listed', posts: await listPosts(client, filter, signal) });
      }
      if (event.__typename === 'BatchPlannedEvent' && options.review && after === undefined)
        return event.cursor;
    }
    return undefined;
  };
  await list();
  const plannedAt = await followFrom();
  if (plannedAt === undefined) return true;
  if (!(await review(order, job))) return false;
  await list();
  await followFrom(plannedAt);
  return true;
}

async function listPosts(
  client: Client,
  filter: PostFilter,
  signal: AbortSignal,
): Promise<PostCardFragment[]> {
  return Array.fromAsync(listAll(client, PostsDocument, { filter }, { signal }));
}

function randomPassword(): string {
  return randomBytes(9).toString('base64url');
}
