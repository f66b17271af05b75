import DataLoader from 'dataloader';
import { NotFoundError, UnauthenticatedError } from '../domain/errors.ts';
import type { PageArgs, Page } from '../services/paging.ts';
import type { PostRevision } from '../services/post-revisions.ts';
import type { PostColumn } from '../services/reads.ts';
import type { Viewer } from '../services/accounts.ts';
import type { Batch, Campaign, Post } from '../store/generated/prisma/client.ts';
import type { Services } from './context.ts';

/** A part of the list of one row; those that ask in the same way share one statement. */
type Part<How> = { of: string; how: How };

/** How posts of a campaign are asked for. */
type PostPage = { page: PageArgs; columns: readonly PostColumn[] | undefined };

/**
 * One loader a relation: what the rows of one level ask for at the same moment is one statement. They remember
 * nothing, as a subscription keeps its context for hours. What is not there, or not the viewer's, is a NotFoundError.
 * Each is made when it is first used, as most requests need one or none.
 */
export class Loaders {
  readonly #services: Services;
  readonly #viewing: Viewer | UnauthenticatedError | undefined;
  #posts: DataLoader<string, Post> | undefined;
  #batches: DataLoader<string, Batch> | undefined;
  #campaigns: DataLoader<string, Campaign> | undefined;
  #batchCosts: DataLoader<string, number> | undefined;
  #postCosts: DataLoader<string, number> | undefined;
  #revisions: DataLoader<Part<number>, PostRevision[]> | undefined;
  #campaignPosts: DataLoader<Part<PostPage>, Page<Post>> | undefined;
  #campaignPostCounts: DataLoader<string, number> | undefined;

  constructor(services: Services, viewing: Viewer | UnauthenticatedError | undefined) {
    this.#services = services;
    this.#viewing = viewing;
  }

  get #viewer(): Viewer {
    if (this.#viewing === undefined) throw new UnauthenticatedError();
    if (this.#viewing instanceof UnauthenticatedError) throw this.#viewing;
    return this.#viewing;
  }

  get posts() {
    return (this.#posts ??= byId<Post>(async (ids) =>
      present('post', await this.#services.posts.findAll(this.#viewer, ids)),
    ));
  }

  get batches() {
    return (this.#batches ??= byId<Batch>(async (ids) =>
      present('batch', await this.#services.batches.findAll(this.#viewer, ids)),
    ));
  }

  get campaigns() {
    return (this.#campaigns ??= byId<Campaign>(async (ids) =>
      present('campaign', await this.#services.campaigns.findAll(this.#viewer, ids)),
    ));
  }

  get batchCosts() {
    return (this.#batchCosts ??= byId<number>((ids) => this.#services.batches.costs(ids)));
  }

  get postCosts() {
    return (this.#postCosts ??= byId<number>((ids) => this.#services.usages.postCosts(ids)));
  }

  get revisions() {
    return (this.#revisions ??= inParts<number, PostRevision[]>((ids, first) =>
      this.#services.posts.revisions(this.#viewer, ids, first),
    ));
  }

  get campaignPosts() {
    return (this.#campaignPosts ??= inParts<PostPage, Page<Post>>((ids, { page, columns }) =>
      this.#services.posts.ofCampaigns(this.#viewer, ids, page, columns),
    ));
  }

  get campaignPostCounts() {
    return (this.#campaignPostCounts ??= byId<number>((ids) =>
      this.#services.posts.countOfCampaigns(this.#viewer, ids),
    ));
  }
}

function present<Row>(what: string, rows: readonly (Row | null)[]): (Row | NotFoundError)[] {
  return rows.map((row) => row ?? new NotFoundError(what, `${what}Id`));
}

function byId<Value>(
  load: (ids: readonly string[]) => Promise<(Value | Error)[]>,
): DataLoader<string, Value> {
  return new DataLoader(async (ids) => load(ids), { cache: false });
}

function inParts<How, Value>(
  load: (ids: readonly string[], how: How) => Promise<(Value | Error)[]>,
): DataLoader<Part<How>, Value> {
  return new DataLoader(
    async (parts) => {
      const answers = new Map<Part<How>, Value | Error | undefined>();
      for (const [first, ...others] of Map.groupBy(parts, ({ how }) => JSON.stringify(how)).values()) {
        if (first === undefined) continue;
        const alike = [first, ...others];
        const values = await load(
          alike.map(({ of }) => of),
          first.how,
        );
        for (const [place, part] of alike.entries()) answers.set(part, values[place]);
      }
      return parts.map((part) => answers.get(part) ?? new Error('a part was not answered'));
    },
    { cache: false },
  );
}
