import { z } from 'zod';
import { withoutFaultMarkers } from '../behaviour/faults.ts';
import type { Bank } from './bank.ts';
import { readBlock } from './blocks.ts';
import type { BrandClauses } from './brand.ts';
import { capital, part, put, type Part } from './parts.ts';

const longestWish = 80;
const shorter = /\b(?:short|brief|concise)|kürz|\bkurz|court|\bbrev|\bcort|\bcurt|korter|krót|\bkort|短/i;
/** How long a shorter caption is beside the one before. */
const shorterShare = 0.6;

const changeSchema = z.object({
  version: z.int().positive().catch(1),
  wish: z.string().optional().catch(undefined),
  previousCaption: z.string().optional().catch(undefined),
});
const rewriteSchema = z.object({ caption: z.string().catch('') });

/** What a caption has to do otherwise than the one before. */
export type Wishes = {
  /** 0 for a first caption: how many there were before. */
  readonly turn: number;
  readonly before: string;
  /** The most characters. */
  readonly limit: number;
  /** What to work in; empty for nothing. */
  readonly wish: string;
};

/** The regeneration or the rewrite that a prompt asks for. */
export function readWishes(prompt: string): Wishes {
  const rewrite = rewriteSchema.safeParse(readBlock(prompt, 'rewrite')?.json).data;
  const change = changeSchema.safeParse(readBlock(prompt, 'change')?.json).data;
  const before = rewrite?.caption ?? change?.previousCaption ?? '';
  const wish = withoutFaultMarkers(change?.wish ?? '');
  const isShorter = shorter.test(wish);
  return {
    turn: (rewrite === undefined ? 0 : 1) + (change === undefined ? 0 : change.version - 1),
    before,
    limit: isShorter ? Math.max(60, before.length * shorterShare) : Number.POSITIVE_INFINITY,
    wish: isShorter
      ? ''
      : wish
          .slice(0, longestWish)
          .trim()
          .replace(/[.!?。！？]$/u, ''),
  };
}

/** The parts with what was wished, with the words that a brand requires and prefers, and without those that it forbids. */
export function comply(parts: readonly Part[], brand: BrandClauses, bank: Bank, wish: string): Part[] {
  const { forbiddenWords, requiredWords, preferredWords } = brand;
  const said = parts.map(({ text, rank }) => part(prefer(text, preferredWords), rank));
  const allowed = said.filter(({ text }) => !forbiddenWords.some((word) => has(text, word)));
  const whole = allowed.map(({ text }) => text).join(' ');
  const missing = requiredWords.filter((word) => !has(whole, word));
  const sentences = [
    missing.length === 0
      ? ''
      : put(bank.plan.required, 'words', missing.join(bank.joiner === '' ? '、' : ', ')),
    wish === '' ? '' : put(bank.plan.wished, 'wish', wish),
  ].filter((text) => text !== '');
  const [opening, ...others] = allowed;
  return [...(opening === undefined ? [] : [opening]), ...sentences.map((text) => part(text, 0)), ...others];
}

function prefer(text: string, preferred: BrandClauses['preferredWords']): string {
  return preferred.reduce(
    (left, { say, insteadOf }) =>
      left.replaceAll(new RegExp(RegExp.escape(insteadOf), 'giu'), (found) =>
        /^\p{Lu}/u.test(found) ? capital(say) : say,
      ),
    text,
  );
}

/** Whether a text has the word, or a form of it that begins alike. */
function has(text: string, word: string): boolean {
  const stem = word.length > 5 ? word.slice(0, -2) : word;
  return text.toLowerCase().includes(stem.toLowerCase());
}
