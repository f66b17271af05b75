/** Width and height in pixels. */
export type Size = { width: number; height: number };

/** The signature, and the length and name of the first chunk, which has the size: https://www.w3.org/TR/png-3/#11IHDR */
const start = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');

/** Reads the header alone, which takes no time. @returns undefined for bytes that are no PNG file. */
export function pngSize(bytes: Uint8Array): Size | undefined {
  if (bytes.byteLength < start.length + 8 || start.compare(bytes, 0, start.length) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start.length, 8);
  return { width: view.getUint32(0), height: view.getUint32(4) };
}
