/*
 * Finds the post that crashes its process. A crash hits all posts in hand, and hardly ever is one of them the cause. A
 * post that crashed several times is a suspect. It runs as the only suspect of its process, and only in a process that
 * has lived for a while: by then a series of crashes with another cause is over. See docs/decisions/013-crashes.md.
 */

/** A post with this many crashes is a suspect. */
export const crashesOfSuspects = 3;

/** A post with this many crashes ends: five of them as a suspect. */
export const maxCrashes = 8;

/** A process must have lived this long before it runs a suspect. */
export const quietMs = 20_000;

/** A process's slot for one suspect. */
export type SuspectSlot = {
  /** Reserves the slot. @returns false if it is taken or the process is too young. */
  reserve(): boolean;
  /** Puts a suspect, by its lease, into the reserved slot. Undefined frees the slot. */
  take(leaseId: string | undefined): void;
  /** The lease of the suspect in the slot. */
  lease(): string | undefined;
  /** Frees the slot if this lease is in it. */
  free(leaseId: string): void;
};

/** @param now a clock in milliseconds. The process counts as started at its present time. */
export function createSuspectSlot(opensAfterMs: number, now: () => number): SuspectSlot {
  const opensAt = now() + opensAfterMs;
  let isReserved = false;
  let suspect: string | undefined;
  return {
    reserve() {
      if (isReserved || suspect !== undefined || now() < opensAt) return false;
      isReserved = true;
      return true;
    },
    take(leaseId) {
      isReserved = false;
      suspect = leaseId;
    },
    lease: () => suspect,
    free(leaseId) {
      if (suspect === leaseId) suspect = undefined;
    },
  };
}
