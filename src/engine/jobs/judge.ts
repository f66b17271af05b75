import type { Clause } from '../../domain/brands/clauses.ts';
import type { Finding } from '../../domain/checks/finding.ts';
import { agreed, judgedClauses, judgementSchema, type Judgement } from '../../domain/checks/judgement.ts';
import { judgeUsageAtMost, maxJudgementTokens } from '../../domain/posts/usage.ts';
import type { Brief } from '../../domain/prompts/brief.ts';
import { judgeMessages } from '../../domain/prompts/judge.ts';
import type { Chain } from '../../provider/provider.ts';
import { unlessRefused, type StepCall, type Steps } from '../steps.ts';
import { messagesOf } from './post-parts.ts';

/**
 * Asks a model twice which clauses of the brand a caption breaks, with the clauses in either order, because models favour what
 * stands first. Only what both answers name counts. Two steps: `STEP:judge:1` and `STEP:judge:2`.
 *
 * @param checked.step the name of the step that bought the caption.
 * @returns nothing if the brand has no such clauses, or a judge cannot be paid or fails.
 */
export async function findOffBrand(
  { provider }: { provider: { text: Chain } },
  { brief, text, step }: { brief: Brief; text: string; step: string },
  steps: Steps,
  signal: AbortSignal,
): Promise<Finding[]> {
  const clauses = judgedClauses(brief.brandContent);
  if (clauses.length === 0) return [];

  async function ask(order: readonly Clause[], number: number): Promise<Judgement> {
    const request = {
      schema: judgementSchema,
      messages: messagesOf(judgeMessages(text, order)),
      maxTokens: maxJudgementTokens,
    };
    const call: StepCall<Judgement> = (judge, until) => judge.generateObject(request, until);
    const bought = await steps.buy(
      {
        name: `${step}:judge:${number}`,
        chain: provider.text,
        atMost: judgeUsageAtMost(text, order),
        takes: { requests: 1, tokens: maxJudgementTokens },
        schema: judgementSchema,
      },
      call,
      signal,
    );
    return bought.value;
  }

  const judgements = await Promise.all([ask(clauses, 1), ask(clauses.toReversed(), 2)]).catch(unlessRefused);
  return judgements === undefined ? [] : agreed(text, clauses, judgements);
}
