import { shapes, type Shape } from './shapes.ts';

export type Request = { url: string; headers: Record<string, string>; body: string };

/** A server that is measured. */
export type Side = {
  pid: number;
  /** What it has to be sent for a shape. */
  request(shape: Shape): Request;
};

/** A request of one shape, and the checked answer to it that every later one has to equal. */
export type Checked = { pid: number; request: Request; expected: string };

/**
 * Asks once, and looks at the answer.
 *
 * @throws Error where the answer has not the rows that were asked for.
 */
export async function check({ pid, request }: Side, shape: Shape): Promise<Checked> {
  const asked = request(shape);
  const answer = await fetch(asked.url, { method: 'POST', headers: asked.headers, body: asked.body });
  const expected = await answer.text();
  const rows = expected.split('"id":"').length - 1;
  if (!answer.ok || rows !== shapes[shape].rows)
    throw new Error(`${shape}: ${answer.status}, ${rows} rows: ${expected.slice(0, 1_000)}`);
  return { pid, request: asked, expected };
}

/**
 * Asks all sides once.
 *
 * @throws Error where they do not say the same: then their speeds say nothing.
 */
export async function checkAll<Name extends string>(
  sides: Record<Name, Side>,
  names: readonly Name[],
  shape: Shape,
): Promise<Map<Name, Checked>> {
  const checked = new Map<Name, Checked>();
  for (const name of names) checked.set(name, await check(sides[name], shape));
  const [first, ...others] = [...checked.values()].map(comparable);
  for (const other of others) {
    if (other !== first) throw new Error(`${shape}: answers differ\n${first}\n${other}`);
  }
  const sizes = [...checked].map(([name, { expected }]) => `${name} ${Buffer.byteLength(expected)}`);
  process.stdout.write(`${shape}, bytes of an answer: ${sizes.join(', ')}\n`);
  return checked;
}

/** The address of a picture names the server, and each server has cursors of its own kind. */
function comparable({ request, expected }: Checked): string {
  return expected
    .trim()
    .replaceAll(new URL(request.url).host, 'host')
    .replaceAll(/"(cursor|startCursor|endCursor)":"[^"]+"/g, '"$1":"a cursor"');
}
