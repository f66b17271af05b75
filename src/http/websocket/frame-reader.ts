/** What a header of frames takes at most: two bytes, eight of length, four of mask. */
const maxHeaderBytes = 14;
/** What a piece of an unfinished message takes besides its bytes: its Buffer object. */
const pieceBytes = 256;

const finBit = 0x80;
const maskBit = 0x80;
const opcodeBits = 0x0f;
const lengthBits = 0x7f;
const firstControlOpcode = 8;

/**
 * Follows the frames that a WebSocket's peer sends (RFC 6455, section 5.2) beside `ws`, which tells of whole messages
 * only. It skips payloads, and takes the peer's word for nothing but lengths: what breaks the protocol, `ws` refuses.
 */
export class FrameReader {
  /** Frames that have begun since the connection was made. */
  frames = 0;
  /** Messages, and control frames between them, that are complete. */
  messages = 0;
  /** Bytes of memory that the unfinished message takes, with the control frames within it; 0 between messages. */
  unfinishedBytes = 0;
  readonly #header = new Uint8Array(maxHeaderBytes);
  #headerBytes = 0;
  #payloadLeft = 0;
  #isFragmented = false;

  read(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, bytes.length - at);
        this.#payloadLeft -= skipped;
        at += skipped;
        this.unfinishedBytes += skipped;
      } else {
        this.#header[this.#headerBytes] = bytes[at] ?? 0;
        this.#headerBytes += 1;
        at += 1;
        this.unfinishedBytes += 1;
        if (this.#headerBytes === this.#headerLength()) this.#payloadLeft = this.#begin();
        else continue;
      }
      if (this.#payloadLeft === 0) this.#end();
    }
    if (this.unfinishedBytes > 0) this.unfinishedBytes += pieceBytes;
  }

  /** @returns how long the header is, by what is there of it. */
  #headerLength(): number {
    if (this.#headerBytes < 2) return 2;
    const [, second = 0] = this.#header;
    const length = second & lengthBits;
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & maskBit) === 0 ? 0 : 4);
  }

  /** @returns the length of the payload. */
  #begin(): number {
    this.frames += 1;
    const view = new DataView(this.#header.buffer);
    const length = view.getUint8(1) & lengthBits;
    if (length === 126) return view.getUint16(2);
    return length === 127 ? Number(view.getBigUint64(2)) : length;
  }

  #end(): void {
    const [first = 0] = this.#header;
    this.#headerBytes = 0;
    if ((first & opcodeBits) < firstControlOpcode) this.#isFragmented = (first & finBit) === 0;
    if (this.#isFragmented) this.unfinishedBytes += pieceBytes;
    else {
      this.unfinishedBytes = 0;
      this.messages += 1;
    }
  }
}
