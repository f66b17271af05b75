import { contentFault, type Content, type FaultKind } from '../behaviour/faults.ts';
import { readBlock } from './blocks.ts';
import { readBrief } from './brief.ts';
import { flawCaption, seriesOf, type FlawedCall } from './flaws/caption.ts';
import { repeatItems } from './flaws/plan.ts';
import { judge, readJudgement } from './judge.ts';
import type { JsonSchema } from './json-schema.ts';
import { planItems } from './plan/planner.ts';
import { readPlanRequest, type PlanRequest } from './plan/request.ts';
import { fillSchema } from './structured.ts';
import { createWriter, type Writer } from './writer.ts';

/** What is asked for. */
export type Asked = {
  readonly prompt: string;
  /** That the answer has to satisfy, if any. */
  readonly schema: JsonSchema | undefined;
  /** Whether it is JSON without a schema. */
  readonly isJson: boolean;
};

/** What the answer is about; undefined for what is neither a caption nor a plan. */
export function contentOf({ prompt, schema }: Pick<Asked, 'prompt' | 'schema'>): Content | undefined {
  if (readPlanRequest(prompt) !== undefined) return 'plan';
  if (schema !== undefined && schema.properties?.['caption'] === undefined) return undefined;
  return readBlock(prompt, 'rewrite') === undefined ? 'caption' : 'rewrite';
}

/** The text of the answer, with the flaw that the fault asks for, if it is one of the content. */
export function writeContent(asked: Asked, fault: FaultKind | undefined, call: FlawedCall): string {
  const { prompt, schema, isJson } = asked;
  const plan = schema === undefined ? undefined : readPlanRequest(prompt);
  if (plan !== undefined) return JSON.stringify({ items: itemsOf(plan, fault, call) });
  const judgement = schema === undefined ? undefined : readJudgement(prompt);
  if (judgement !== undefined) return JSON.stringify({ violations: judge(judgement, call.seed) });
  const writer = flawedWriter(asked, fault, call);
  if (schema !== undefined) return JSON.stringify(fillSchema(schema, writer));
  const caption = writer.caption(Number.POSITIVE_INFINITY, 0);
  const hashtags = writer.hashtags(0, Number.POSITIVE_INFINITY, 0).map((tag) => `#${tag}`);
  if (isJson) return JSON.stringify({ caption, hashtags });
  return `${caption}\n\n${hashtags.join(' ')}`.trim();
}

function itemsOf(plan: PlanRequest, fault: FaultKind | undefined, call: FlawedCall) {
  const { brief } = readBrief(call.prompt);
  const items = planItems(brief, plan, call.seed);
  return fault === 'repetitive' ? repeatItems(items, plan, brief.language ?? 'en', call) : items;
}

/** A writer whose captions have the flaw. Those without one may be repeated later. */
function flawedWriter(asked: Asked, fault: FaultKind | undefined, call: FlawedCall): Writer {
  const writer = createWriter(call.prompt, call.seed);
  const flaw = contentFault(fault);
  return {
    ...writer,
    caption(limit, offset) {
      const write = (most: number) => writer.caption(most, offset);
      if (flaw !== undefined) return flawCaption(flaw, write, limit, call);
      const caption = write(limit);
      if (contentOf(asked) === 'caption') call.book.remember(seriesOf(readBrief(call.prompt).brief), caption);
      return caption;
    },
  };
}
