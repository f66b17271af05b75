import type { ExecutionArgs } from 'graphql';
import { UnauthenticatedError } from '../domain/errors/errors.ts';
import type { Accounts } from '../services/accounts/accounts.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { Batches } from '../services/batches/batches.ts';
import type { Campaigns } from '../services/campaigns/campaigns.ts';
import type { OutageBoard } from '../provider/outages.ts';
import type { Exports } from '../services/posts/exports.ts';
import type { PostEdits } from '../services/posts/edits.ts';
import type { Posts } from '../services/posts/posts.ts';
import type { Progress } from '../services/progress/progress.ts';
import type { Quotes } from '../services/batches/quotes.ts';
import type { Usages } from '../services/workspaces/usages.ts';
import type { SwitchWorkspace } from '../services/workspaces/switching.ts';
import type { Workspaces } from '../services/workspaces/workspaces.ts';
import type { AssetStore } from '../store/assets.ts';
import type { Loaders } from './loaders.ts';
import type { PrismaClient } from '../store/generated/prisma/client.ts';

/** What resolvers work with: the same for all requests. */
export type Services = {
  prisma: PrismaClient;
  accounts: Accounts;
  workspaces: Workspaces & { switch: SwitchWorkspace };
  campaigns: Campaigns;
  batches: Batches;
  posts: Posts;
  postEdits: PostEdits;
  progress: Progress;
  outages: OutageBoard;
  quotes: Quotes;
  usages: Usages;
  assets: AssetStore;
  /** Files are served over plain HTTP; no resolver uses it. */
  exports: Exports;
};

/** The refresh token of a browser, where it keeps it in a cookie. */
export type RefreshCookie = {
  /** As the request brought it. */
  value: string | undefined;
  set(token: string, expiresAt: Date): void;
  clear(): void;
};

/** What one request adds. */
export type Context = Services & {
  /** Who asks; for a token that is not valid, why; undefined for an anonymous request. */
  viewer: Viewer | UnauthenticatedError | undefined;
  /** Where the client reached this server, such as `http://127.0.0.1:4000`. */
  origin: string;
  /** Under which the log knows the request. */
  requestId: string;
  /** The client's network address. */
  address: string;
  /** Undefined on a WebSocket, which cannot set one. */
  refreshCookie: RefreshCookie | undefined;
  /** Look-ups that are asked together; most requests need none. */
  loaders: () => Loaders;
  /** The time; an answer that depends on it is not kept. */
  now: () => Date;
  /** Says that the answer carries tokens: nobody is to keep it, nor to compress it. */
  markSecret: () => void;
  /** The newest cursor of an earlier stream, where the transport tells it. */
  lastEventId: string | undefined;
  /** Takes a place for a stream that ends with its session; absent where the transport has one. */
  openStream: ((viewer: Context['viewer']) => boolean) | undefined;
};

/** What GraphQL is asked to run, in our context. */
export type OperationArgs = Omit<ExecutionArgs, 'contextValue'> & { contextValue: Context };

/**
 * @returns who asks.
 * @throws UnauthenticatedError for an anonymous request and for a token that is not valid.
 */
export function requireViewer(context: Context): Viewer {
  if (context.viewer === undefined) throw new UnauthenticatedError();
  if (context.viewer instanceof UnauthenticatedError) throw context.viewer;
  return context.viewer;
}
