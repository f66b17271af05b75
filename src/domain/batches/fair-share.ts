/**
 * Start-time fair queuing between owners (Goyal, Vin, Cheng 1996), each post being of size one. Every post
 * gets a turn when it is enqueued; lower turns run first. The clock of the queue is the turn that is being
 * served: an owner who was idle starts there, one with a backlog behind its own last turn. So two owners
 * with backlogs take turns, and a batch of 5 is not stuck behind somebody's batch of 1000.
 *
 * @param queue.serving the highest turn in execution, else the lowest waiting one, else undefined (idle).
 * @param queue.ownLast the last turn of this owner's waiting posts, undefined when none waits.
 * @returns the turn of the owner's first new post; the next ones follow by one.
 */
export function firstTurn(queue: { serving?: number | undefined; ownLast?: number | undefined }): number {
  return Math.max(queue.serving ?? 0, (queue.ownLast ?? -1) + 1);
}
