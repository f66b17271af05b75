import { LRUCache } from 'lru-cache';
import type { Finding } from '../../domain/checks/finding.ts';
import { sharedWords } from '../../domain/checks/shared-words.ts';
import { areNearDuplicates, shinglesOf, type Shingles } from '../../domain/checks/similarity.ts';
import type { Database } from '../../store/database.ts';
import { groupWrites } from '../../store/grouped-writes.ts';
import { keepTrying } from '../../store/keep-trying.ts';

/** A caption that a post is to show. */
export type Draft = { postId: string; batchId: string; campaignId: string; text: string };

/** Finds captions that say the same, also among posts that are written at the same time by several processes. */
export type Drafts = {
  /**
   * Writes down a post's newest caption, and compares it with the last ones of its batch that were written down before it, and
   * with the last ones of its campaign. Posts of one item are not compared: on several channels they are to say the same.
   *
   * @returns NEAR_DUPLICATE with the words that both share; nothing if there is none. Of two that are alike, the later one has it.
   */
  register(draft: Draft): Promise<Finding[]>;
};

const maxGroupSize = 50;
/** Captions of its batch that a caption is compared with: the last ones. */
const lastOfBatch = 400;
/** Captions of other batches of the campaign that are compared. */
const lastOfCampaign = 200;
/** Captions that this process keeps, over all batches: 2 KB each. */
const keptCaptions = 30_000;

type Known = { text: string; shingles: Shingles };
type KnownDraft = Known & { seq: number; planItemId: string | null };
/** What a batch's captions are compared with. */
type Crowd = { earlier: readonly Known[]; drafts: Map<string, KnownDraft>; lastSeq: number };

export function createDrafts(database: Database): Drafts {
  const crowds = new LRUCache<string, Crowd>({
    maxSize: keptCaptions,
    sizeCalculation: ({ earlier, drafts }) => earlier.length + drafts.size + 1,
  });

  async function readEarlier(batchId: string, campaignId: string): Promise<Known[]> {
    const rows = await database.query<{ caption: string }>(
      `SELECT caption FROM posts
       WHERE "campaignId" = $1::uuid AND "batchId" <> $2::uuid AND status = 'COMPLETED' AND caption IS NOT NULL
       ORDER BY "createdAt" DESC, id DESC LIMIT ${lastOfCampaign}`,
      [campaignId, batchId],
    );
    return rows.map(({ caption }) => knownOf(caption));
  }

  /** Adds what is new in the batch to what is known of it. */
  async function write(crowd: Crowd, batchId: string, drafts: readonly Draft[]): Promise<void> {
    const rows = await database.query<{
      postId: string;
      planItemId: string | null;
      seq: string | number;
      text: string;
    }>(`SELECT * FROM register_captions($1::uuid, $2::bigint, $3::jsonb, ${lastOfBatch})`, [
      batchId,
      crowd.lastSeq,
      JSON.stringify(drafts.map(({ postId, text }) => ({ postId, text }))),
    ]);
    for (const { postId, planItemId, seq, text } of rows) {
      crowd.lastSeq = Number(seq);
      // The newest are the last of the map.
      crowd.drafts.delete(postId);
      crowd.drafts.set(postId, { ...knownOf(text), seq: Number(seq), planItemId });
    }
    for (const postId of [...crowd.drafts.keys()].slice(0, -lastOfBatch)) crowd.drafts.delete(postId);
  }

  /** Groups of one batch follow each other, so that nothing else changes its crowd. */
  async function registerAll(drafts: readonly Draft[]): Promise<Finding[][]> {
    const [first] = drafts;
    if (first === undefined) return [];
    const { batchId, campaignId } = first;
    const crowd = crowds.get(batchId) ?? {
      earlier: await readEarlier(batchId, campaignId),
      drafts: new Map<string, KnownDraft>(),
      lastSeq: 0,
    };
    await write(crowd, batchId, drafts);
    // The size of an entry is only counted where it is new.
    crowds.delete(batchId);
    crowds.set(batchId, crowd);
    return drafts.map(({ postId }) => duplicatesOf(crowd, postId));
  }

  return {
    register: groupWrites(
      (drafts: Draft[]) => keepTrying(() => registerAll(drafts)),
      maxGroupSize,
      ({ batchId }) => batchId,
    ),
  };
}

function knownOf(text: string): Known {
  return { text, shingles: shinglesOf(text) };
}

/** A deleted post has no draft, and so no duplicate. */
function duplicatesOf({ earlier, drafts }: Crowd, postId: string): Finding[] {
  const own = drafts.get(postId);
  if (own === undefined) return [];
  const isAlike = ({ shingles }: Known) => areNearDuplicates(own.shingles, shingles);
  const comesAfter = ({ seq, planItemId }: KnownDraft) =>
    seq < own.seq && (planItemId === null || planItemId !== own.planItemId);
  const alike = drafts.values().find((draft) => comesAfter(draft) && isAlike(draft)) ?? earlier.find(isAlike);
  if (alike === undefined) return [];
  return [{ code: 'NEAR_DUPLICATE', clause: null, excerpt: sharedWords(own.text, alike.text) }];
}
