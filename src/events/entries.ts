import type { Event } from '../store/generated/prisma/client.ts';

/** What happened. Its type belongs to one kind of stream, which says what else it tells. */
export type AnyEvent = { type: string; [field: string]: unknown };

/** An event with its numbers in the log. */
export type LoggedEvent<Told extends AnyEvent = AnyEvent> = {
  streamId: string;
  /** Its number in its stream. */
  seq: number;
  ownerId: string;
  /** Its number in the stream of its workspace. */
  userSeq: number;
  createdAt: Date;
  event: Told;
};

/** Finer progress. Stages are published and not stored: the log tells everything that matters. */
export type Stage<Name extends string = string> = {
  streamId: string;
  ownerId: string;
  /** What is being made, such as a post. */
  subjectId: string;
  /** It belongs to one kind of stream, as types of events do. */
  stage: Name;
  at: Date;
};

/** @returns the entry that a row holds. */
export function toEntry({ streamId, seq, ownerId, userSeq, createdAt, type, payload }: Event): LoggedEvent {
  return { streamId, seq, ownerId, userSeq, createdAt, event: { ...Object(payload), type } };
}
