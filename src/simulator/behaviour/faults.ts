import { z } from 'zod';
import { ENDPOINTS, type Endpoint } from '../endpoints/names.ts';
import { roll } from '../random.ts';

/**
 * Faults that the simulator can produce on demand.
 *
 * - `rate_limited`: 429 rate_limit_exceeded with retry-after, at once
 * - `server_error`: 500, at once
 * - `hang`: takes the request and never answers
 * - `cut`: closes the socket in the middle of the body or stream
 * - `bad_json`: 200 whose content is truncated or breaks the schema
 * - `refusal`: chat `message.refusal`; images 400 moderation_blocked; embeddings never refuse
 * - `unauthorized`: 401 invalid_api_key, at once
 * - `insufficient_quota`: 429 insufficient_quota, at once
 * - `empty_image`: images 200 with no image in it
 * - `scripted`: after the latency, the rule's own `status` and `body`; a 2xx counts as paid
 *
 * Faults of the content are good answers whose captions are not; what they did is listed (behaviour/flaws.ts):
 *
 * - `repetitive`: a caption, or items of a plan, nearly as another one of the same brief
 * - `off_brand`: a word that the brand forbids, or against what its voice does not
 * - `wrong_language`: a caption in another language
 * - `invented_price`: a price that the brief does not have
 * - `too_long`: a caption beyond the limit of its channel
 */
export const FAULT_KINDS = [
  'rate_limited',
  'server_error',
  'hang',
  'cut',
  'bad_json',
  'refusal',
  'unauthorized',
  'insufficient_quota',
  'empty_image',
  'scripted',
  'repetitive',
  'off_brand',
  'wrong_language',
  'invented_price',
  'too_long',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FaultKindSchema = z.enum(FAULT_KINDS);

const CONTENT_FAULTS = ['repetitive', 'off_brand', 'wrong_language', 'invented_price', 'too_long'] as const;
export type ContentFault = (typeof CONTENT_FAULTS)[number];
const ContentFaultSchema = z.enum(CONTENT_FAULTS);

/** The fault if it is one of the content. */
export function contentFault(kind: FaultKind | undefined): ContentFault | undefined {
  return ContentFaultSchema.safeParse(kind).data;
}

export const FaultRuleSchema = z.strictObject({
  kind: FaultKindSchema,
  /** Only calls of this endpoint. Default: all. */
  endpoint: z.enum(ENDPOINTS).optional(),
  /** Share of the matching calls, 0 to 1. Default: all. */
  probability: z.number().min(0).max(1).optional(),
  /** Ends after this many faults. Default: never. */
  count: z.int().positive().optional(),
  /** Only prompts that contain this text. */
  match: z.string().min(1).optional(),
  /** Whether a fault of the content strikes captions that are rewritten, too. Default: no. */
  rewrites: z.boolean().optional(),
  /** What a `scripted` fault answers with: HTTP status (200) and JSON body (`{}`). */
  status: z.int().min(200).max(599).optional(),
  body: z.json().optional(),
});
export type FaultRule = z.output<typeof FaultRuleSchema>;

/** A fault of one call. `status` and `body` are those of a scripted answer. */
export type Fault = Pick<FaultRule, 'kind' | 'status' | 'body'>;

/** The call that a fault is chosen for. `nth` is 1 for the first call with this prompt. */
type FaultCandidate = {
  readonly endpoint: Endpoint;
  readonly prompt: string;
  readonly digest: string;
  readonly nth: number;
  /** What a chat answer is about, if faults of the content know it. */
  readonly content: Content | undefined;
};

/** What faults of the content can strike. */
export type Content = 'caption' | 'rewrite' | 'plan';

export type FaultBook = {
  /** Replaces all rules, those of the start-up options included. */
  set: (rules: readonly FaultRule[]) => void;
  /** The present rules; `count` is what is left of it. */
  list: () => FaultRule[];
  /** Returns the fault of this call, if any. Uses up one of the rule's `count`. */
  choose: (candidate: FaultCandidate) => Fault | undefined;
};

/** `[[simulate:refusal]]`, or `[[simulate:refusal@images]]` for one endpoint. */
const MARKER = /\[\[simulate:([a-z_]+)(?:@([a-z]+))?\]\]/g;

/** The text without its fault markers, so that no answer repeats them. */
export function withoutFaultMarkers(text: string): string {
  return text.replaceAll(MARKER, '').trim();
}

function canStrike(kind: FaultKind, { endpoint, content }: FaultCandidate, rewrites = false): boolean {
  if (contentFault(kind) !== undefined) {
    return (
      content === 'caption' ||
      (content === 'rewrite' && rewrites) ||
      (content === 'plan' && kind === 'repetitive')
    );
  }
  if (kind === 'empty_image') return endpoint === 'images';
  if (kind === 'refusal') return endpoint !== 'embeddings';
  return true;
}

function markedFault(candidate: FaultCandidate): FaultKind | undefined {
  const { prompt, endpoint } = candidate;
  for (const [, name, onlyAt] of prompt.matchAll(MARKER)) {
    const kind = FaultKindSchema.safeParse(name).data;
    if (kind && canStrike(kind, candidate) && (onlyAt ?? endpoint) === endpoint) return kind;
  }
  return undefined;
}

/**
 * Keeps the fault rules. A marker in the prompt wins over every rule; otherwise the first rule that applies wins. Random
 * faults depend on the seed, the prompt and how often it was sent, not on arrival order, so that a run can be repeated.
 */
export function createFaultBook(seed: number, initial: readonly FaultRule[]): FaultBook {
  let rules: { readonly rule: FaultRule; left: number }[] = [];
  const set = (next: readonly FaultRule[]): void => {
    rules = next.map((rule) => ({ rule, left: rule.count ?? Number.POSITIVE_INFINITY }));
  };
  set(initial);
  return {
    set,
    list: () =>
      rules.map(({ rule, left }) => (Number.isFinite(left) ? { ...rule, count: left } : { ...rule })),
    choose(candidate) {
      const marked = markedFault(candidate);
      if (marked) return { kind: marked };
      const { endpoint, prompt, digest, nth } = candidate;
      for (const [index, entry] of rules.entries()) {
        const { kind, probability = 1, match = '', rewrites } = entry.rule;
        if (entry.left <= 0 || !canStrike(kind, candidate, rewrites)) continue;
        if ((entry.rule.endpoint ?? endpoint) !== endpoint || !prompt.includes(match)) continue;
        if (roll(seed, 'fault', index, digest, nth) >= probability) continue;
        entry.left -= 1;
        return entry.rule;
      }
      return undefined;
    },
  };
}
