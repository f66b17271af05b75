/**
 * Joins single calls into groups: what comes while one group is being written goes into the next. One call
 * alone is not delayed; many at once cost one round trip together.
 *
 * @param write writes a group and answers for each of its items, in order. Where it rejects, all of them do.
 * @param maxSize of a group.
 */
export function createGroup<Item, Answer>(
  write: (items: Item[]) => Promise<Answer[]>,
  maxSize: number,
): (item: Item) => Promise<Answer> {
  type Waiting = { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxSize);
      waiting = waiting.slice(maxSize);
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
    isWriting = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isWriting) void writeAll();
    });
}
