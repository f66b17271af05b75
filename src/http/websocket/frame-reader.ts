/** The longest frame header: two bytes, eight of length, four of mask. */
const maxHeaderBytes = 14;
/** Memory of a chunk of an unfinished message besides its bytes: its Buffer object. */
const chunkOverheadBytes = 256;

const finBit = 0x80;
const maskBit = 0x80;
const opcodeBits = 0x0f;
const lengthBits = 0x7f;
const firstControlOpcode = 8;

/**
 * Counts the frames of a WebSocket (RFC 6455, section 5.2), because `ws` reports whole messages only. Skips payloads and checks
 * nothing: `ws` refuses invalid frames.
 */
export class FrameReader {
  /** The number of frames since the connection was opened. */
  frames = 0;
  /** The number of complete messages and control frames between them. */
  messages = 0;
  /** Memory of the unfinished message in bytes, with the control frames inside it; 0 between messages. */
  unfinishedBytes = 0;
  readonly #header = new Uint8Array(maxHeaderBytes);
  #headerBytes = 0;
  #payloadLeft = 0;
  #isFragmented = false;

  /** Reads the next bytes of the connection. */
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
    if (this.unfinishedBytes > 0) this.unfinishedBytes += chunkOverheadBytes;
  }

  /** @returns the length of the header, as far as its first bytes say. */
  #headerLength(): number {
    if (this.#headerBytes < 2) return 2;
    const [, second = 0] = this.#header;
    const length = second & lengthBits;
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & maskBit) === 0 ? 0 : 4);
  }

  /** Begins a frame. @returns the length of its payload. */
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
    if (this.#isFragmented) this.unfinishedBytes += chunkOverheadBytes;
    else {
      this.unfinishedBytes = 0;
      this.messages += 1;
    }
  }
}
