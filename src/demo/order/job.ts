import type {
  BatchSummaryFragment,
  Client,
  PlanItemCardFragment,
  PostCardFragment,
  Session,
} from '../../../client/index.ts';
import type { Brief } from '../input/brief.ts';
import type { Options } from '../input/options.ts';
import type { Screen } from '../screen.ts';

/** A user that the demo registered. */
export type DemoUser = { email: string; password: string };

/** A batch that the demo has started. */
export type Order = {
  user: DemoUser;
  session: Session;
  client: Client;
  campaignId: string;
  batch: BatchSummaryFragment & { id: string };
};

/** What is there of a batch. */
export type Product = {
  batch: BatchSummaryFragment;
  /** All posts of the batch, by position. */
  posts: PostCardFragment[];
  /** The items of its plan, by position; empty: there is none. */
  items: PlanItemCardFragment[];
};

/** What to make, and how to tell of it. `signal` ends it early. */
export type Job = {
  url: string;
  options: Options;
  brief: Brief;
  isSimulated: boolean;
  screen: Screen;
  signal: AbortSignal;
};
