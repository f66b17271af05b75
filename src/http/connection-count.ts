import { networkOf } from '../domain/addresses.ts';

/** Counts open WebSockets and streams by client network (IPv6: by /64). */
export type ConnectionCount = {
  /** Adds a connection. @returns a function that removes it; undefined if a limit is reached. */
  enter(address: string): (() => void) | undefined;
};

/** @param limits the most connections of this process, and of one client network. */
export function createConnectionCount(limits: {
  maxSockets: number;
  maxSocketsPerAddress: number;
}): ConnectionCount {
  const byNetwork = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const network = networkOf(address);
      const own = byNetwork.get(network) ?? 0;
      if (all >= limits.maxSockets || own >= limits.maxSocketsPerAddress) return undefined;
      all += 1;
      byNetwork.set(network, own + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        all -= 1;
        const left = (byNetwork.get(network) ?? 1) - 1;
        if (left === 0) byNetwork.delete(network);
        else byNetwork.set(network, left);
      };
    },
  };
}
