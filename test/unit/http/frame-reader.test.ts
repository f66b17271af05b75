import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameReader } from '../../../src/http/websocket/frame-reader.ts';
import { frame, opcodes } from '../../support/raw-socket.ts';

const kinds = fc.record({
  bytes: fc.constantFrom(0, 1, 125, 126, 65_535, 65_536),
  opcode: fc.constantFrom(...Object.values(opcodes)),
});

it('counts frames and sees where messages end, however the bytes are cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(kinds, { maxLength: 6 }), fc.array(fc.nat(200_000)), (frames, cuts) => {
      const bytes = Buffer.concat(
        frames.map(({ bytes: length, opcode }) =>
          frame(Buffer.alloc(opcode >= opcodes.close ? Math.min(125, length) : length), { opcode }),
        ),
      );
      const reader = new FrameReader();
      let from = 0;
      for (const to of [
        ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
        bytes.length,
      ]) {
        reader.read(bytes.subarray(from, to));
        from = to;
      }
      expect(reader.frames).toBe(frames.length);
      expect(reader.unfinishedBytes).toBe(0);
    }),
  );
});

it('counts control frames within a message that is not complete, and what each piece takes', () => {
  const reader = new FrameReader();
  reader.read(frame(Buffer.alloc(100), { fin: false }));
  const pong = frame('', { opcode: opcodes.pong });
  for (let count = 0; count < 100; count += 1) reader.read(pong);
  expect(reader.unfinishedBytes).toBeGreaterThan(100 * (pong.length + 200));
  reader.read(frame('', { opcode: opcodes.continuation }));
  expect(reader.unfinishedBytes).toBe(0);
});

it('counts the messages that are complete, not the fragments of one', () => {
  const reader = new FrameReader();
  reader.read(Buffer.concat([frame('a'), frame('b', { fin: false })]));
  expect(reader.messages).toBe(1);
  reader.read(frame('', { opcode: opcodes.ping }));
  expect(reader.messages).toBe(1);
  reader.read(Buffer.concat([frame('c', { opcode: opcodes.continuation }), frame('d').subarray(0, 3)]));
  expect(reader.messages).toBe(2);
});
