import { appendEvents } from '../../events/append.ts';
import type { LoggedEvent } from '../../events/entries.ts';
import type { Transaction } from '../../store/database.ts';
import { Prisma, type PostField } from '../../store/generated/prisma/client.ts';
import type { RunFailure } from '../../domain/runs/work.ts';
import type { Ended } from '../runs/kind.ts';
import type { PostResult } from './results.ts';

/**
 * Writes results of posts, their batches' counters and the events, in one statement. Their batches are locked by then. It locks
 * posts and event streams. Each new value becomes a revision of its field, and is shown unless a person has pinned the field or
 * approved the post. A post whose regeneration failed stays completed as it was.
 *
 * @returns the new log entries. A post that is not GENERATING any more has none.
 */
export function writeResults(
  tx: Transaction,
  settlements: readonly Ended<PostResult>[],
): Promise<LoggedEvent[]> {
  return appendEvents(tx, [
    givenResults(settlements),
    settledPosts,
    newRevisions,
    numberedPosts,
    tallies,
    countedBatches,
    entries,
  ]);
}

/**
 * `results`: a row for each settlement, in order (`index`). A caption call makes the first revisions, of caption, hashtags and, with
 * a plan item, alt text. Images follow from `imageIndex` on.
 */
function givenResults(settlements: readonly Ended<PostResult>[]): Prisma.Sql {
  const rows = settlements.map(({ work, result }, index) => ({
    postId: work.subjectId,
    index,
    ...columnsOf(result),
  }));
  return Prisma.sql`results AS (
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(
      "postId" uuid, index int, status text, caption text, hashtags text[],
      "altText" text, findings jsonb, "findingCodes" text[], "captionModel" text, "captionPrompt" text,
      "imageKey" text, "imageModel" text, "imagePrompt" text, candidates jsonb, "brandId" uuid, "brandVersion" int,
      "errorCode" text, "errorMessage" text, "imageIndex" int, added int)
  )`;
}

function columnsOf(result: PostResult | RunFailure) {
  const {
    caption,
    image,
    candidates = [],
    findings = [],
    brand = null,
  } = result.status === 'COMPLETED' ? result : {};
  const altText = caption?.value.altText ?? null;
  const texts = caption === undefined ? 0 : altText === null ? 2 : 3;
  return {
    status: result.status,
    caption: caption?.value.caption ?? null,
    hashtags: caption?.value.hashtags ?? [],
    altText,
    findings,
    findingCodes: [...new Set(findings.map(({ code }) => code))],
    captionModel: caption?.model ?? null,
    captionPrompt: caption?.promptHash ?? null,
    imageKey: image?.value ?? null,
    imageModel: image?.model ?? null,
    imagePrompt: image?.promptHash ?? null,
    candidates,
    brandId: brand?.id ?? null,
    brandVersion: brand?.version ?? null,
    imageIndex: texts + 1,
    added: texts + (image === undefined ? 0 : 1 + candidates.length),
    errorCode: result.status === 'FAILED' ? result.errorCode : null,
    errorMessage: result.status === 'FAILED' ? result.errorMessage : null,
  };
}

/** SQL: whether a post shows the new value of a field. Approved posts and pinned fields keep theirs. */
function shows(field: PostField): Prisma.Sql {
  const made = Prisma.raw(
    field === 'IMAGE' ? 'r."imageKey"' : field === 'ALT_TEXT' ? 'r."altText"' : 'r.caption',
  );
  const name = Prisma.raw(`'${field}'::"PostField"`);
  return Prisma.sql`(${made} IS NOT NULL AND p.review <> 'APPROVED' AND NOT (${name} = ANY(p."pinnedFields")))`;
}

/** SQL: whether a post shows what its run's brand shaped. Its brand stands for what is shown, and its logo is that brand's. */
const showsBrand = Prisma.sql`(${shows('CAPTION')} OR ${shows('IMAGE')})`;

/**
 * `settled`: writes the posts of `results`. Returns them with the new values and the number of revisions
 * before them. A regenerated post stays completed even if its run failed.
 */
const settledPosts = Prisma.sql`settled AS (
  UPDATE posts p
  SET status = CASE WHEN p."remakePart" IS NULL THEN r.status::"PostStatus" ELSE 'COMPLETED' END,
      "remakePart" = NULL, "remakeInstruction" = NULL, "finishedAt" = now(),
      "errorCode" = r."errorCode", "errorMessage" = r."errorMessage",
      "revisionCount" = p."revisionCount" + r.added,
      version = p.version + (${shows('CAPTION')} OR ${shows('HASHTAGS')} OR ${shows('ALT_TEXT')} OR ${shows('IMAGE')})::int,
      "brandId" = CASE WHEN ${showsBrand} THEN coalesce(r."brandId", p."brandId") ELSE p."brandId" END,
      "brandVersion" = CASE WHEN ${showsBrand} THEN coalesce(r."brandVersion", p."brandVersion") ELSE p."brandVersion" END,
      findings = CASE WHEN ${shows('CAPTION')} THEN r.findings ELSE p.findings END,
      "findingCodes" = CASE WHEN ${shows('CAPTION')} THEN r."findingCodes" ELSE p."findingCodes" END,
      "altText" = CASE WHEN ${shows('ALT_TEXT')} THEN r."altText" ELSE p."altText" END,
      "altTextRevision" = CASE WHEN ${shows('ALT_TEXT')} THEN p."revisionCount" + 3 ELSE p."altTextRevision" END,
      caption = CASE WHEN ${shows('CAPTION')} THEN r.caption ELSE p.caption END,
      "captionRevision" = CASE WHEN ${shows('CAPTION')} THEN p."revisionCount" + 1 ELSE p."captionRevision" END,
      hashtags = CASE WHEN ${shows('HASHTAGS')} THEN r.hashtags ELSE p.hashtags END,
      "hashtagsRevision" = CASE WHEN ${shows('HASHTAGS')} THEN p."revisionCount" + 2 ELSE p."hashtagsRevision" END,
      "imageKey" = CASE WHEN ${shows('IMAGE')} THEN r."imageKey" ELSE p."imageKey" END,
      "imageRevision" = CASE WHEN ${shows('IMAGE')} THEN p."revisionCount" + r."imageIndex" ELSE p."imageRevision" END
  FROM results r JOIN posts o ON o.id = r."postId"
  WHERE p.id = r."postId" AND p.status = 'GENERATING'
  RETURNING p.id, p."batchId", p.status, p."errorCode", p."errorMessage", p."revisionCount" - r.added AS "revisionsBefore",
            r.index, r.added, r.caption AS "madeCaption", r.hashtags AS "madeHashtags", r."imageKey" AS "madeImage",
            r."altText" AS "madeAltText", r.candidates, r."imageIndex",
            r."captionModel", r."captionPrompt", r."imageModel", r."imagePrompt",
            (p."findingCodes" <> '{}')::int - (o."findingCodes" <> '{}')::int AS found
)`;

/** `revised`: writes a revision for each new value, shown or not. */
const newRevisions = Prisma.sql`revised AS (
  INSERT INTO post_revisions ("postId", number, field, author, text, hashtags, model, "promptHash")
  SELECT s.id, s."revisionsBefore" + m."indexInPost", m.field::"PostField", 'MODEL'::"RevisionAuthor", m.text, m.hashtags, m.model, m."promptHash"
  FROM settled s CROSS JOIN LATERAL (VALUES
    (1, 'CAPTION', s."madeCaption", ARRAY[]::text[], s."captionModel", s."captionPrompt"),
    (2, 'HASHTAGS', NULL, s."madeHashtags", s."captionModel", s."captionPrompt"),
    (3, 'ALT_TEXT', s."madeAltText", ARRAY[]::text[], CASE WHEN s."madeAltText" IS NOT NULL THEN s."captionModel" END, s."captionPrompt"),
    (s."imageIndex", 'IMAGE', s."madeImage", ARRAY[]::text[], s."imageModel", s."imagePrompt")
  ) AS m("indexInPost", field, text, hashtags, model, "promptHash")
  WHERE m.model IS NOT NULL
  UNION ALL
  SELECT s.id, s."revisionsBefore" + s."imageIndex" + c.n, 'IMAGE'::"PostField", 'MODEL'::"RevisionAuthor", c.made->>'value', ARRAY[]::text[], c.made->>'model', c.made->>'promptHash'
  FROM settled s, jsonb_array_elements(s.candidates) WITH ORDINALITY AS c(made, n)
)`;

/** `numbered`: numbers the settled posts of each batch 1, 2, 3 … (`n`). `done` and `lost` count the completed and failed ones so far. */
const numberedPosts = Prisma.sql`numbered AS (
  SELECT *, row_number() OVER w AS n,
         count(*) FILTER (WHERE status = 'COMPLETED') OVER w AS done, count(*) FILTER (WHERE status = 'FAILED') OVER w AS lost,
         sum(found) OVER w AS "foundSoFar"
  FROM settled WINDOW w AS (PARTITION BY "batchId" ORDER BY index)
)`;

/** `tallied`: for each batch, how many posts were settled (`n`), completed (`done`) and failed (`lost`), and how many more have findings. */
const tallies = Prisma.sql`tallied AS (
  SELECT "batchId", max(n) AS n, max(done) AS done, max(lost) AS lost, sum(found) AS found FROM numbered GROUP BY 1
)`;

/** SQL: how many posts of a batch `b` are final, its tally `t` included. */
const finalCount = Prisma.sql`b."completedCount" + b."failedCount" + b."cancelledCount" + t.n`;

/**
 * `counted`: adds the tallies to the batches and reserves `lastSeq` numbers for their events. The last final post also
 * completes its batch, which is one more event. Returns the counters before and after, without deleted posts.
 */
const countedBatches = Prisma.sql`counted AS (
  UPDATE batches b
  SET "completedCount" = b."completedCount" + t.done, "failedCount" = b."failedCount" + t.lost,
      "foundCount" = b."foundCount" + t.found,
      "lastSeq" = b."lastSeq" + t.n + (${finalCount} = b."postCount")::int,
      status = CASE WHEN ${finalCount} = b."postCount" THEN 'COMPLETED' ELSE b.status END,
      "pauseReason" = CASE WHEN ${finalCount} < b."postCount" THEN b."pauseReason" END,
      "finishedAt" = CASE WHEN ${finalCount} = b."postCount" THEN now() END
  FROM tallied t
  WHERE b.id = t."batchId"
  RETURNING b.id, b."ownerId", b.status = 'COMPLETED' AS "isOver", b."lastSeq" - t.n - (b.status = 'COMPLETED')::int AS "seqBefore",
            b."lastSeq", b."postCount" - b."deletedCount" AS "postCount",
            b."cancelledCount" - b."deletedCount" AS "cancelledCount", b."completedCount", b."failedCount",
            b."completedCount" - t.done AS "doneBefore", b."failedCount" - t.lost AS "lostBefore",
            b."foundCount", b."foundCount" - t.found AS "foundBefore"
)`;

/** `entries`: an event for each settled post, with the counters up to it, and one for each completed batch. */
const entries = Prisma.sql`entries AS (
  SELECT c.id AS "streamId", c."ownerId", c."seqBefore" + s.n AS seq,
         CASE s.status WHEN 'COMPLETED' THEN 'POST_COMPLETED' ELSE 'POST_FAILED' END AS type,
         jsonb_strip_nulls(jsonb_build_object(
           'postId', s.id, 'errorCode', s."errorCode", 'errorMessage', s."errorMessage", 'postCount', c."postCount",
           'completedCount', c."doneBefore" + s.done, 'failedCount', c."lostBefore" + s.lost,
           'cancelledCount', c."cancelledCount", 'foundCount', c."foundBefore" + s."foundSoFar")) AS payload
  FROM counted c JOIN numbered s ON s."batchId" = c.id
  UNION ALL
  SELECT c.id, c."ownerId", c."lastSeq", 'BATCH_COMPLETED', jsonb_build_object(
           'postCount', c."postCount", 'completedCount', c."completedCount", 'failedCount', c."failedCount",
           'cancelledCount', c."cancelledCount", 'foundCount', c."foundCount")
  FROM counted c WHERE c."isOver"
)`;
