import { crc32, deflate } from 'node:zlib';
import { promisify } from 'node:util';

const deflateAsync = promisify(deflate);
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const INDEXED_COLOUR = 3;

/** An image whose pixels are numbers of colours. Each row starts with the filter byte that PNG wants, always 0. */
export type IndexedImage = {
  readonly width: number;
  readonly height: number;
  /** (width + 1) × height bytes. */
  readonly rows: Uint8Array;
  /** At most 256 colours, three bytes each: red, green, blue. */
  readonly palette: Uint8Array;
  /** Latin-1 key words and texts, stored as tEXt chunks. */
  readonly texts: Readonly<Record<string, string>>;
};

/**
 * Encodes a PNG file with eight bits a pixel. A quarter of the bytes of true colour are to be compressed, and that
 * happens on zlib's threads, not on the event loop. Format: https://www.w3.org/TR/png-3/
 */
export async function encodePng({ width, height, rows, palette, texts }: IndexedImage): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED_COLOUR, 0, 0, 0], 8);
  const pixels = await deflateAsync(rows, { level: 1 });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...Object.entries(texts).map(([key, text]) => chunk('tEXt', Buffer.from(`${key}\0${text}`, 'latin1'))),
    chunk('PLTE', palette),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
