import type { Usage } from './endpoints/endpoint.ts';
import { ENDPOINTS, type Endpoint } from './endpoints/names.ts';
import type { FaultKind } from './behaviour/faults.ts';

/** The most prompts that are counted one by one. Beyond it, the one that was not sent for the longest time is forgotten. */
const PROMPTS_KEPT = 20_000;

/**
 * How a call ended: with its product, broken by a fault, refused by the limits, refused as an invalid request, or aborted by
 * the client (also if the call was hanging).
 */
type Outcome = 'succeeded' | 'faulted' | 'rateLimited' | 'rejected' | 'aborted';

type EndpointStats = Record<Outcome, number> & {
  /** `received` = the five outcomes + `inFlight`. */
  received: number;
  inFlight: number;
  peakInFlight: number;
  faults: Record<FaultKind, number>;
  /** Tokens and images of every product that was made, whether or not the client got it whole. */
  usage: { inputTokens: number; outputTokens: number; images: number };
};

export type Stats = Record<Endpoint, EndpointStats>;

/** One prompt at one endpoint. `paid` counts the products made for it. */
export type PromptCalls = {
  readonly endpoint: Endpoint;
  /** SHA-256 of the prompt text in lower-case hexadecimal. */
  readonly sha256: string;
  /** The brief's `variation`, to tell the posts of a batch apart. */
  readonly variation: number | null;
  received: number;
  paid: number;
  aborted: number;
};

export type CallRecord = {
  /** Notes the call's prompt. Returns how often it has come, this time included. */
  identify: (sha256: string, variation: number | null) => number;
  struck: (fault: FaultKind) => void;
  paid: (usage: Usage) => void;
  /** Ends the call. Only the first outcome counts. */
  settle: (outcome: Outcome) => void;
};

export type StatsBook = {
  open: (endpoint: Endpoint) => CallRecord;
  stats: () => Stats;
  calls: () => { readonly calls: PromptCalls[]; readonly forgotten: number };
  /** Resets the counts. Calls in flight stay in flight. */
  reset: () => void;
};

function emptyStats(inFlight: number): EndpointStats {
  return {
    received: inFlight,
    succeeded: 0,
    faulted: 0,
    rateLimited: 0,
    rejected: 0,
    aborted: 0,
    inFlight,
    peakInFlight: inFlight,
    faults: {
      rate_limited: 0,
      server_error: 0,
      hang: 0,
      cut: 0,
      bad_json: 0,
      refusal: 0,
      unauthorized: 0,
      insufficient_quota: 0,
      empty_image: 0,
      scripted: 0,
      repetitive: 0,
      off_brand: 0,
      wrong_language: 0,
      invented_price: 0,
      too_long: 0,
    },
    usage: { inputTokens: 0, outputTokens: 0, images: 0 },
  };
}

/** Counts calls in bounded memory. */
export function createStatsBook(promptsKept = PROMPTS_KEPT): StatsBook {
  const stats: Stats = { chat: emptyStats(0), images: emptyStats(0), embeddings: emptyStats(0) };
  // A Map keeps the order of insertion: the first key is the prompt not sent for the longest time.
  const prompts = new Map<string, PromptCalls>();
  let forgotten = 0;

  const remember = (endpoint: Endpoint, sha256: string, variation: number | null): PromptCalls => {
    const key = `${endpoint}/${sha256}`;
    const known = prompts.get(key) ?? { endpoint, sha256, variation, received: 0, paid: 0, aborted: 0 };
    prompts.delete(key);
    prompts.set(key, known);
    const oldest = prompts.keys().next();
    if (prompts.size > promptsKept && !oldest.done) {
      prompts.delete(oldest.value);
      forgotten += 1;
    }
    return known;
  };

  return {
    open(endpoint) {
      stats[endpoint].received += 1;
      stats[endpoint].inFlight += 1;
      stats[endpoint].peakInFlight = Math.max(stats[endpoint].peakInFlight, stats[endpoint].inFlight);
      let prompt: PromptCalls | undefined;
      let settled = false;
      return {
        identify(sha256, variation) {
          prompt = remember(endpoint, sha256, variation);
          prompt.received += 1;
          return prompt.received;
        },
        struck(fault) {
          stats[endpoint].faults[fault] += 1;
        },
        paid(usage) {
          if (prompt) prompt.paid += 1;
          const total = stats[endpoint].usage;
          total.inputTokens += usage.inputTokens;
          total.outputTokens += usage.outputTokens;
          total.images += usage.images;
        },
        settle(outcome) {
          if (settled) return;
          settled = true;
          stats[endpoint].inFlight -= 1;
          stats[endpoint][outcome] += 1;
          if (outcome === 'aborted' && prompt) prompt.aborted += 1;
        },
      };
    },
    stats: () => structuredClone(stats),
    calls: () => ({ calls: structuredClone([...prompts.values()]), forgotten }),
    reset() {
      for (const endpoint of ENDPOINTS) stats[endpoint] = emptyStats(stats[endpoint].inFlight);
      prompts.clear();
      forgotten = 0;
    },
  };
}
