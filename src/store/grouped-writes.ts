/**
 * Joins single calls into groups: what comes while one group is being written goes into the next. One call
 * alone is not delayed; many at once cost one round trip together.
 *
 * @param write writes a group and answers for each of its items, in order. Where it rejects, all of them do.
 * @param maxSize of a group.
 * @param keyOf says whose an item is. A group holds items of one key, and groups of other keys do not wait for it.
 */
export function groupWrites<Item, Answer>(
  write: (items: Item[]) => Promise<Answer[]>,
  maxSize: number,
  keyOf: (item: Item) => string = () => '',
): (item: Item) => Promise<Answer> {
  type Waiting = { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  /** What waits behind the group that is being written, for each key that has one. */
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
      return void writeAll(key, first);
    });
}
