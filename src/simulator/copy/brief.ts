import { z } from 'zod';
import { withoutFaultMarkers } from '../behaviour/faults.ts';
import { readBlock } from './blocks.ts';

// Every key is optional, and a key of the wrong type counts as absent: the real model reads what it is given too.
const text = z
  .string()
  .transform((value) => withoutFaultMarkers(value).replaceAll(/\s+/g, ' '))
  .pipe(z.string().min(1))
  .optional()
  .catch(undefined);
const count = z.int().nonnegative().optional().catch(undefined);

const BriefSchema = z.object({
  brand: text,
  description: text,
  tone: text,
  targetAudience: text,
  language: text,
  languageName: text,
  channel: text,
  maxCaptionCharacters: count,
  maxHashtags: count,
  variation: count,
  of: count,
});

/** What the application asks a post to be. */
export type Brief = z.output<typeof BriefSchema>;

/** The brief in a prompt, and the rest of the prompt around it. Without a readable block the brief is empty. */
export function readBrief(prompt: string): { readonly brief: Brief; readonly rest: string } {
  const block = readBlock(prompt, 'brief');
  return { brief: BriefSchema.safeParse(block?.json).data ?? {}, rest: block?.rest ?? prompt };
}
