import { describe, expect, it } from 'vitest';
import { listCosts, entities } from '../../../src/graphql/entities/registry.ts';
import type { Entity } from '../../../src/graphql/entities/entity.ts';

/** What `tsc` refuses is tested here by the comments: without its error, each of them is an error itself. */
describe('an entity', () => {
  const { cost, tags, ...rest } = entities.posts;

  it('does not compile without what its lists cost', () => {
    // @ts-expect-error No cost.
    const entity: Entity<'posts'> = { ...rest, tags };
    expect(entity.cost).toBeUndefined();
  });

  it('does not compile without the tags that the cache notes', () => {
    // @ts-expect-error No tags.
    const entity: Entity<'posts'> = { ...rest, cost };
    expect(entity.tags).toBeUndefined();
  });

  it('does not compile without a tag for the list of each parent', () => {
    const { batchId: _, ...listOf } = tags.listOf;
    // @ts-expect-error No tag of the posts of a batch.
    const entity: Entity<'posts'> = { ...rest, cost, tags: { ...tags, listOf } };
    expect(Object.keys(entity.tags.listOf)).toEqual(['campaignId']);
  });

  it('does not compile while it is missing from the registry', () => {
    // @ts-expect-error No posts.
    const registry: typeof entities = { campaigns: entities.campaigns, batches: entities.batches };
    expect(registry.posts).toBeUndefined();
  });

  it('costs a document what its declaration says', () => {
    expect(listCosts.get('posts')).toEqual(cost);
  });
});
