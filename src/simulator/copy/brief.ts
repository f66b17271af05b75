import { z } from 'zod';
import { withoutFaultMarkers } from '../behaviour/faults.ts';

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

const OPENING = '<brief>';
const CLOSING = '</brief>';

/** The brief in a prompt, and the rest of the prompt around it. Without a readable block the brief is empty. */
export function readBrief(prompt: string): { readonly brief: Brief; readonly rest: string } {
  const start = prompt.indexOf(OPENING);
  const end = prompt.indexOf(CLOSING, start);
  if (start === -1 || end === -1) return { brief: {}, rest: prompt };
  const rest = prompt.slice(0, start) + prompt.slice(end + CLOSING.length);
  try {
    const json: unknown = JSON.parse(prompt.slice(start + OPENING.length, end));
    return { brief: BriefSchema.safeParse(json).data ?? {}, rest };
  } catch {
    return { brief: {}, rest };
  }
}
