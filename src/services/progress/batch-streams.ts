import {
  isFinal,
  parseBatchEvent,
  postOfEvent,
  postStageSchema,
  type PostStage,
  type StoredEvent,
} from '../../domain/batches/events.ts';
import type { LoggedEvent, Stage } from '../../events/entries.ts';
import type { StreamKind } from '../../events/stream-kind.ts';
import type { Item } from '../../events/tail.ts';
import { Prisma } from '../../store/generated/prisma/client.ts';

/** The streams of batches. A batch keeps `lastSeq` in its own row, whose lock orders its events. */
export const batchStreams: StreamKind<StoredEvent, PostStage> = {
  name: 'batch',
  parseEvent: parseBatchEvent,
  parseStage: (stage) => postStageSchema.safeParse(stage).data,
  isFinal,
  subjectOf: postOfEvent,
  heads: Prisma.sql`(SELECT id, "lastSeq" FROM batches WHERE "deletedAt" IS NULL)`,
};

export type StoredUpdate = { kind: 'event'; seq: number; entry: LoggedEvent<StoredEvent> };
export type StageUpdate = { kind: 'stage'; seq: number; stage: Stage<PostStage> };

/** @returns the event as a batch's; undefined if it is of another kind of stream, or of a type that only a newer release knows. */
export function storedUpdate({ seq, entry }: { seq: number; entry: LoggedEvent }): StoredUpdate | undefined {
  const event = batchStreams.parseEvent(entry.event);
  return event && { kind: 'event', seq, entry: { ...entry, event } };
}

function stageUpdate({
  seq,
  stage: { stage: name, ...rest },
}: {
  seq: number;
  stage: Stage;
}): StageUpdate | undefined {
  const stage = batchStreams.parseStage(name);
  return stage && { kind: 'stage', seq, stage: { ...rest, stage } };
}

/** The readers of this process share items: each is parsed once. */
const parsed = new WeakMap<Item, StoredUpdate | StageUpdate | undefined>();

/**
 * Picks what is of batches. The rest is left out without a trace: cursors only say where to go on, and the next one is
 * behind it.
 */
export function updatesOf(items: readonly Item[]): (StoredUpdate | StageUpdate)[] {
  return items.flatMap((item) => {
    if (!parsed.has(item)) parsed.set(item, item.kind === 'event' ? storedUpdate(item) : stageUpdate(item));
    return parsed.get(item) ?? [];
  });
}
