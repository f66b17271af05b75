/**
 * Start-time fair queuing between owners (Goyal, Vin, Cheng 1996); each run has size one. Every run gets a queue
 * position when it is added, and lower positions run first. An owner who was idle starts at the position that is
 * being served. An owner with a backlog continues behind its own last position. So two owners with backlogs alternate,
 * and a batch of 5 does not wait for somebody else's batch of 1000.
 *
 * @param queue.serving the highest position being worked on, else the lowest waiting one, else undefined (idle).
 * @param queue.ownLast the last position of this owner's waiting runs; undefined if none waits.
 * @returns the position of the owner's first new run. Each further run takes the next one.
 */
export function firstQueuePosition(queue: {
  serving?: number | undefined;
  ownLast?: number | undefined;
}): number {
  return Math.max(queue.serving ?? 0, (queue.ownLast ?? -1) + 1);
}
