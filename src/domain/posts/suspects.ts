/*
 * Who is to blame when a process dies. All posts that it had in hand have crashed with it, and hardly ever is one of
 * them the cause. One that crashed several times is a suspect: from then on it runs as the only suspect of its
 * process, and only in a process that has lived for a while, so that a series of deaths with another cause is over
 * by then. Each further crash therefore counts against it.
 */

/** How many crashes make a post a suspect. */
export const crashesOfSuspects = 3;

/** How many crashes end a post: five as a suspect. */
export const maxCrashes = 8;

/** How long a process must have lived before it runs a suspect. Twenty kills a minute, one after another, are no evidence. */
export const quietMs = 20_000;

/** A process' room for one suspect. */
export type SuspectSlot = {
  /** Reserves the room. @returns false where it is taken, or the process is too young. */
  reserve(): boolean;
  /** Says which suspect takes the reserved room, by its lease; undefined: none. */
  take(leaseId: string | undefined): void;
  /** The lease of the suspect in the room. */
  lease(): string | undefined;
  /** Frees the room where this is the lease in it. */
  free(leaseId: string): void;
};

/** @param now a clock in milliseconds, whose present moment counts as the start of the process. */
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
