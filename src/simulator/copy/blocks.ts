/** A labelled block of a prompt: `<label>`, JSON, `</label>`. */
export type Block = {
  /** Undefined if it is no JSON. */
  readonly json: unknown;
  /** The prompt without it. */
  readonly rest: string;
};

/** @returns the first block with this label; undefined if there is none. */
export function readBlock(prompt: string, label: string): Block | undefined {
  const [opening, closing] = [`<${label}>`, `</${label}>`];
  const start = prompt.indexOf(opening);
  const end = prompt.indexOf(closing, start);
  if (start === -1 || end === -1) return undefined;
  const rest = prompt.slice(0, start) + prompt.slice(end + closing.length);
  try {
    const json: unknown = JSON.parse(prompt.slice(start + opening.length, end));
    return { json, rest };
  } catch {
    return { json: undefined, rest };
  }
}
