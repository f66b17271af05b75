import { z } from 'zod';
import { hash, roll } from '../random.ts';
import { readBlock } from './blocks.ts';
import { plantedIn } from './flaws/sentences.ts';

/** How often a judgement names a clause that is kept. Which one depends on their order, as it does for models. */
const mistakes = 0.05;

const judgementSchema = z.object({
  caption: z.string(),
  clauses: z.array(z.object({ id: z.string(), text: z.string() })),
});
/** A caption, and the clauses of a brand that it is to keep. */
export type Judgement = z.output<typeof judgementSchema>;

type Verdict = { readonly clause: string; readonly excerpt: string };

/** The judgement that a prompt asks for; undefined if it asks for none. */
export function readJudgement(prompt: string): Judgement | undefined {
  return judgementSchema.safeParse(readBlock(prompt, 'judge')?.json).data;
}

/** The clauses that faults had the caption break, each with the words that do, and now and then a wrong one. */
export function judge({ caption, clauses }: Judgement, seed: number): Verdict[] {
  const seen = plantedIn(caption).flatMap(({ excerpt, broken }) => {
    const plain = broken.toLowerCase();
    const clause = clauses.find(({ text }) => text.toLowerCase().includes(plain));
    return clause === undefined ? [] : [{ clause: clause.id, excerpt }];
  });
  const order = clauses.map(({ id }) => id).join();
  const [one, other] = clauses;
  // With one clause there is no order, and nobody could tell the mistake.
  if (one === undefined || other === undefined || roll(seed, 'mistake', caption, order) >= mistakes)
    return seen;
  const wrong = clauses[hash(seed, 'wrong', caption, order) % clauses.length] ?? one;
  const isSeen = seen.some(({ clause }) => clause === wrong.id);
  const excerpt = /^.+?[.!?。！？]/su.exec(caption)?.[0] ?? caption.slice(0, 60);
  return isSeen ? seen : [...seen, { clause: wrong.id, excerpt }];
}
