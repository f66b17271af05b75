import type { LogoSignatures } from '../domain/images/rendition.ts';
import type { Accounts } from '../services/accounts/accounts.ts';
import type { Batches } from '../services/batches/batches.ts';
import type { Brands } from '../services/brands/brands.ts';
import type { Campaigns } from '../services/campaigns/campaigns.ts';
import type { OutageBoard } from '../provider/outages.ts';
import type { BatchDeletion } from '../services/deletion/batches.ts';
import type { DeletePost } from '../services/deletion/posts.ts';
import type { BulkEdits } from '../services/posts/bulk.ts';
import type { Exports } from '../services/posts/exports.ts';
import type { PostEdits } from '../services/posts/edits.ts';
import type { PlanEdits } from '../services/plans/edits.ts';
import type { PlanItems } from '../services/plans/lists.ts';
import type { Logos } from '../services/renditions/logos.ts';
import type { Looks } from '../services/renditions/looks.ts';
import type { Posts } from '../services/posts/posts.ts';
import type { Progress } from '../services/progress/progress.ts';
import type { Quotes } from '../services/batches/quotes.ts';
import type { Usages } from '../services/workspaces/usages.ts';
import type { SwitchWorkspace } from '../services/workspaces/switching.ts';
import type { Workspaces } from '../services/workspaces/workspaces.ts';
import type { AssetStore } from '../store/assets.ts';
import type { PrismaClient } from '../store/generated/prisma/client.ts';

/** The services that resolvers use, shared by all requests. */
export type Services = {
  prisma: PrismaClient;
  accounts: Accounts;
  workspaces: Workspaces & { switch: SwitchWorkspace };
  campaigns: Campaigns;
  batches: Batches;
  brands: Brands;
  deletions: { batch: BatchDeletion['run']; post: DeletePost };
  planItems: PlanItems;
  planEdits: PlanEdits;
  posts: Posts;
  postEdits: PostEdits;
  bulkEdits: BulkEdits;
  progress: Progress;
  outages: OutageBoard;
  quotes: Quotes;
  usages: Usages;
  assets: AssetStore;
  looks: Looks;
  logos: Logos;
  logoSignatures: LogoSignatures;
  /** Used by the export route only; no resolver uses it. */
  exports: Exports;
};
