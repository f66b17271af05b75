import type { Child } from './child.ts';
import type { Stage } from './stage.ts';

/** Where in the life of a post a worker is struck. */
export const boundaries = ['before the call', 'after the call', 'before completion', 'after commit'] as const;

export type Boundary = (typeof boundaries)[number];

const withinMs = 180_000;

/**
 * Strikes in the very moment in which the worker reaches the boundary.
 *
 * - before the call: the provider has just received its request;
 * - after the call: the provider has just written its answer;
 * - before completion: an answer has just been settled in the ledger, the post is not yet written;
 * - after commit: the post, its event and its job's completion have just been committed.
 *
 * @throws Error where the worker does not get there in three minutes.
 */
export async function strikeAt(
  { provider, witness }: Stage,
  worker: Child,
  boundary: Boundary,
  strike: () => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isStruck = false;
  const reached = () => {
    if (isStruck) return;
    isStruck = true;
    strike();
    resolve();
  };
  const onCall = (apiKey: string) => {
    if (apiKey === worker.name) reached();
  };
  const moment = boundary === 'before the call' ? 'received' : 'answered';
  const isOfCalls = boundary === 'before the call' || boundary === 'after the call';
  if (isOfCalls) provider.moments.on(moment, onCall);
  const deafen = witness.onNote((note) => {
    if (note.worker !== worker.name) return;
    if (boundary === 'before completion' && note.kind === 'settled') reached();
    if (boundary === 'after commit' && note.kind === 'stored') reached();
  });
  const timer = setTimeout(
    () => reject(new Error(`${worker.name} never came to "${boundary}":\n${worker.tail()}`)),
    withinMs,
  );
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    deafen();
    provider.moments.off(moment, onCall);
  }
}
