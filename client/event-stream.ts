/** One message of a `text/event-stream`. */
export type EventStreamMessage = { event: string; data: string };

/**
 * Parses server-sent events as they arrive, after "Interpreting an event stream" of the WHATWG HTML standard.
 * `id` and `retry` are passed over: Pressrun's cursor is in the data.
 *
 * @returns `push`, which takes the next piece of text, cut anywhere, and returns the messages it completes.
 */
export function createEventStreamParser(): { push(text: string): EventStreamMessage[] } {
  let rest = '';
  let endedInCarriageReturn = false;
  let event = '';
  let data: string[] = [];

  function takeLine(line: string): EventStreamMessage | undefined {
    if (line === '') {
      // An event without data is dropped, but its name with it.
      const message =
        data.length === 0 ? undefined : { event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      return message;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    return undefined;
  }

  return {
    push(text) {
      if (text === '') return [];
      // A CR ends its line at once; where a LF follows in the next piece, it belongs to that CR.
      const fresh = endedInCarriageReturn && text.startsWith('\n') ? text.slice(1) : text;
      endedInCarriageReturn = text.endsWith('\r');
      const lines = (rest + fresh).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? '';
      return lines.map(takeLine).filter((message) => message !== undefined);
    },
  };
}
