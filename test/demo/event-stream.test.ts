import { describe, expect, it } from 'vitest';
import { createEventStreamParser, type EventStreamMessage } from '../../client/event-stream.ts';

function parse(...pieces: string[]): EventStreamMessage[] {
  const parser = createEventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

/** As Pressrun sends it: a first comment, events, a ping, the end. */
const stream =
  ':\n\nevent: next\ndata: {"text":"Grüße, 月"}\n\n:ping\n\nevent: next\ndata: {"a":1}\n\nevent: complete\ndata:\n\n';
const messages = [
  { event: 'next', data: '{"text":"Grüße, 月"}' },
  { event: 'next', data: '{"a":1}' },
  { event: 'complete', data: '' },
];

describe('createEventStreamParser', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('gives the same messages wherever a stream with %s is cut', (_name, lineEnd) => {
    const text = stream.replaceAll('\n', lineEnd);
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(parse(text.slice(0, cut), text.slice(cut)), `cut at ${cut}`).toEqual(messages);
    }
    expect(parse(...text.split(''))).toEqual(messages);
  });

  it('gives a message as soon as its last byte is there', () => {
    const parser = createEventStreamParser();
    expect(parser.push('data: now\r\r')).toEqual([{ event: 'message', data: 'now' }]);
    expect(parser.push('\ndata: next\r')).toEqual([]);
    expect(parser.push('\n\r')).toEqual([{ event: 'message', data: 'next' }]);
    expect(parser.push('\n')).toEqual([]);
  });

  it.each([
    ['joins lines of data', 'data: one\ndata: two\n\n', [{ event: 'message', data: 'one\ntwo' }]],
    ['takes off one blank only', 'data:  two blanks\n\n', [{ event: 'message', data: ' two blanks' }]],
    ['needs no blank', 'event:next\ndata:x\n\n', [{ event: 'next', data: 'x' }]],
    ['keeps colons in data', 'data: a:b: c\n\n', [{ event: 'message', data: 'a:b: c' }]],
    ['takes a field without colon as empty', 'data\n\n', [{ event: 'message', data: '' }]],
    [
      'drops an event without data, and its name',
      'event: next\n\ndata: x\n\n',
      [{ event: 'message', data: 'x' }],
    ],
    [
      'passes over id, retry and unknown fields',
      'id: 1\nretry: 5\nfoo: x\ndata: y\n\n',
      [{ event: 'message', data: 'y' }],
    ],
    [
      'drops what the end of the stream cut off',
      'data: whole\n\ndata: half\n',
      [{ event: 'message', data: 'whole' }],
    ],
  ])('%s', (_what, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
});
