import { networkOf } from '../domain/addresses.ts';

/** Counts what stays open, WebSockets and SSE streams, by network address (IPv6: by /64). */
export type ConnectionCount = {
  /** @returns how to give the place back; undefined where there is none left. */
  enter(address: string): (() => void) | undefined;
};

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
