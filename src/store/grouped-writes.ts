/**
 * Collects calls into groups: items that come in one tick are a group, and those that come while a group is being written go
 * into the next one. A single call is not delayed, and many concurrent ones share a round trip.
 *
 * @param write writes a group and returns an answer for each item, in order. If it rejects, all items of the group reject.
 * @param maxSize items of a group at most.
 * @param keyOf a group holds items of one key. Groups of different keys do not wait for each other.
 */
export function groupWrites<Item, Answer>(
  write: (items: Item[]) => Promise<Answer[]>,
  maxSize: number,
  keyOf: (item: Item) => string = () => '',
): (item: Item) => Promise<Answer> {
  type Waiting = { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  /** The items that wait for the group that is being written, by key. */
  const waitingOf = new Map<string, Waiting[]>();

  async function writeAll(key: string, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, maxSize);
      try {
        const answers = await write(group.map(({ item }) => item));
        group.forEach(({ resolve, reject }, index) => {
          const answer = answers[index];
          if (answer === undefined) reject(new Error('a group was answered short'));
          else resolve(answer);
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    waitingOf.delete(key);
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const key = keyOf(item);
      const entry = { item, resolve, reject };
      const waiting = waitingOf.get(key);
      if (waiting !== undefined) return void waiting.push(entry);
      const first = [entry];
      waitingOf.set(key, first);
      return queueMicrotask(() => void writeAll(key, first));
    });
}
