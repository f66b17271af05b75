/**
 * Finds the items of an answer such as `{"items":[{…},{…}]}` while it arrives.
 *
 * @returns a function that takes the next piece of the answer, and returns the items that are complete with it, parsed as JSON.
 * What is no JSON of that shape has none.
 */
export function createItemReader(): (piece: string) => unknown[] {
  let unread = '';
  /** How far `unread` was looked at, and where the item that is arriving begins in it. */
  let index = 0;
  let start: number | undefined;
  let depth = 0;
  let isText = false;

  return (piece) => {
    const items: unknown[] = [];
    unread += piece;
    for (; index < unread.length; index += 1) {
      const character = unread[index];
      if (isText) {
        if (character === '\\') index += 1;
        else if (character === '"') isText = false;
      } else if (character === '"') isText = true;
      else if (character === '{' || character === '[') {
        depth += 1;
        if (depth === itemDepth) start = index;
      } else if (character === '}' || character === ']') {
        depth -= 1;
        if (depth !== itemDepth - 1 || start === undefined) continue;
        items.push(...parsed(unread.slice(start, index + 1)));
        start = undefined;
      }
    }
    // An escape may be cut in half: `index` is then one behind the end.
    const kept = start ?? Math.min(index, unread.length);
    unread = unread.slice(kept);
    index -= kept;
    if (start !== undefined) start = 0;
    return items;
  };
}

/** The answer is an object (1) with a list (2) of items (3). */
const itemDepth = 3;

function parsed(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
