import type { Prisma } from '../store/generated/prisma/client.ts';
import type { AnyEvent } from './entries.ts';

/**
 * What a kind of stream must tell. A workspace's stream has the events of all kinds, so no two kinds share a type of
 * events or a name of stages.
 */
export type StreamKind<Told extends AnyEvent = AnyEvent, StageName extends string = string> = {
  /** The word for what such a stream tells of, such as `batch`. */
  name: string;
  /** @returns the event as this kind knows it; undefined if its type is not this kind's. @throws ZodError */
  parseEvent(event: AnyEvent): Told | undefined;
  /** @returns undefined if it is no stage of this kind. */
  parseStage(stage: string): StageName | undefined;
  /** Whether a stream ends with this event, if nothing follows. */
  isFinal(event: AnyEvent): boolean;
  /** @returns what the event is the result of, such as a post: its stages are out of date. Undefined for any other event. */
  subjectOf(event: AnyEvent): string | undefined;
  /** SQL: the streams that exist, as (id, "lastSeq"). Without it, the table `streams` has them. */
  heads?: Prisma.Sql;
};
