import { z } from 'zod';
import { readBlock } from '../blocks.ts';

// A key of the wrong type counts as absent, as in a brief.
const text = z.string().trim().min(1).optional().catch(undefined);

const partsSchema = z.object({ angle: text, hook: text, keyMessage: text, scene: text, audience: text });
/** What an item says and shows, as far as it is known. */
export type ItemParts = z.output<typeof partsSchema>;

const requestSchema = z.object({
  positions: z.array(z.int().nonnegative()).max(1_000),
  given: z.array(partsSchema.extend({ position: z.int() })).catch([]),
  families: z.array(z.unknown()).catch([]),
  taken: z.array(z.unknown()).catch([]),
  instruction: text,
});

/** The items that a prompt asks for. */
export type PlanRequest = Omit<z.output<typeof requestSchema>, 'families' | 'taken'> & {
  /** Names of kinds of angles. */
  readonly families: readonly string[];
  /** All texts that no item may repeat. */
  readonly taken: readonly string[];
};

/** The request for a plan in a prompt; undefined if there is none that can be read. */
export function readPlanRequest(prompt: string): PlanRequest | undefined {
  const asked = requestSchema.safeParse(readBlock(prompt, 'plan-request')?.json).data;
  if (asked === undefined) return undefined;
  // A family may come with words about it; its name comes first.
  const families = asked.families.flatMap((family) =>
    textsIn(family)
      .slice(0, 1)
      .map((text) => text.split(':', 1)[0] ?? text),
  );
  return { ...asked, families, taken: asked.taken.flatMap(textsIn) };
}

/** The item that a caption is to be written from; undefined if there is none that can be read. */
export function readItem(prompt: string): ItemParts | undefined {
  return partsSchema.safeParse(readBlock(prompt, 'plan')?.json).data;
}

/** What a picture is to show; empty if its prompt does not say. */
export function readScene(prompt: string): string {
  return partsSchema.safeParse(readBlock(prompt, 'scene')?.json).data?.scene ?? '';
}

/** The texts of a JSON value, in its order. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
