/** Counts what stays open: WebSockets and SSE streams. */
export type ConnectionCount = {
  /** @returns how to give the place back; undefined where there is none left. */
  enter(address: string): (() => void) | undefined;
};

export function createConnectionCount(limits: {
  maxSockets: number;
  maxSocketsPerAddress: number;
}): ConnectionCount {
  const byAddress = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const own = byAddress.get(address) ?? 0;
      if (all >= limits.maxSockets || own >= limits.maxSocketsPerAddress) return undefined;
      all += 1;
      byAddress.set(address, own + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        all -= 1;
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left === 0) byAddress.delete(address);
        else byAddress.set(address, left);
      };
    },
  };
}
