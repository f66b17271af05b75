import type { Usage } from '../money/pricing.ts';
import { planMessages, type PlanBrief, type PlanRequest } from '../prompts/plan.ts';

/** How often a window is asked for at most: again for what was refused or not given. An item that is refused once more is taken as it is. */
export const asksOfWindow = 3;
/** Hooks that a request names, so that its items differ from those that there are. */
export const hooksTold = 60;

/** Tokens of the answer's format and the messages' frames. */
const frameTokens = 300;
/** An item in any language: three times what one takes in English. */
const mostTokensOfItem = 250;
/** An item of about 45 words with the names of its parts, as gpt-5.4-mini counts. */
const expectedTokensOfItem = 75;

/** The provider must stop here. @param given parts that the answer repeats, which may be long: at most one token per byte of UTF-8. */
export function maxPlanTokens(items: number, given: PlanRequest['given'] = []): number {
  return frameTokens + items * mostTokensOfItem + Buffer.byteLength(JSON.stringify(given));
}

/** The most tokens that a call for items can use: at most one token per byte of UTF-8. */
export function planUsageAtMost(brief: PlanBrief, request: PlanRequest): Usage {
  const { system, user } = planMessages(brief, request);
  return {
    inputTokens: Buffer.byteLength(system + user) + frameTokens,
    outputTokens: maxPlanTokens(request.positions.length, request.given),
  };
}

/** The expected usage of a call for items, at about four characters per token. */
export function expectedPlanUsage(brief: PlanBrief, request: PlanRequest): Usage {
  const { system, user } = planMessages(brief, request);
  return {
    inputTokens: Math.ceil((system.length + user.length) / 4),
    outputTokens: request.positions.length * expectedTokensOfItem,
  };
}
