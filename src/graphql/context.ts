import type DataLoader from 'dataloader';
import { UnauthenticatedError } from '../domain/errors.ts';
import type { Accounts, Viewer } from '../services/accounts.ts';
import type { Batches } from '../services/batches.ts';
import type { Campaigns } from '../services/campaigns.ts';
import type { OutageBoard } from '../provider/outages.ts';
import type { Exports } from '../services/exports.ts';
import type { PostEdits } from '../services/post-edits.ts';
import type { Posts } from '../services/posts.ts';
import type { Quotes } from '../services/quotes.ts';
import type { Usages } from '../services/usages.ts';
import type { AssetStore } from '../store/assets.ts';
import type { PrismaClient } from '../store/generated/prisma/client.ts';

/** What resolvers work with: the same for all requests. */
export type Services = {
  prisma: PrismaClient;
  accounts: Accounts;
  campaigns: Campaigns;
  batches: Batches;
  posts: Posts;
  postEdits: PostEdits;
  outages: OutageBoard;
  quotes: Quotes;
  usages: Usages;
  assets: AssetStore;
  /** Files are served over plain HTTP; no resolver uses it. */
  exports: Exports;
};

/** What one request adds. Loaders live no longer than it. */
export type Context = Services & {
  /** Who asks; for a token that is not valid, why; undefined for an anonymous request. */
  viewer: Viewer | UnauthenticatedError | undefined;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  batchCosts: DataLoader<string, number>;
  postCosts: DataLoader<string, number>;
};

/**
 * @returns who asks.
 * @throws UnauthenticatedError for an anonymous request and for a token that is not valid.
 */
export function requireViewer(context: Context): Viewer {
  if (context.viewer === undefined) throw new UnauthenticatedError();
  if (context.viewer instanceof UnauthenticatedError) throw context.viewer;
  return context.viewer;
}
