import { z } from 'zod';
import { readBlock } from './blocks.ts';

const texts = z.array(z.string().trim().min(1)).catch([]);

const brandSchema = z.object({
  dont: texts,
  forbiddenWords: texts,
  requiredWords: texts,
  preferredWords: z.array(z.object({ say: z.string(), insteadOf: z.string() })).catch([]),
  hashtags: texts,
  palette: z.array(z.string().regex(/^#[0-9a-f]{6}$/i)).catch([]),
});

/** The clauses of a brand that the simulator knows how to keep, or to break. */
export type BrandClauses = z.output<typeof brandSchema>;

/** The brand in a prompt; without a readable block it asks for nothing. */
export function readBrand(prompt: string): BrandClauses {
  const found = readBlock(prompt, 'brand')?.json;
  return brandSchema.parse(typeof found === 'object' ? { ...found } : {});
}
