import { withAdditions } from '../../domain/brands/additions.ts';
import { checkCaption } from '../../domain/checks/check.ts';
import { tidied, type Finding } from '../../domain/checks/finding.ts';
import { fitToChannel, type Caption } from '../../domain/posts/content.ts';
import { promptHash } from '../../domain/prompts/blocks.ts';
import type { Brief, Rewrite } from '../../domain/prompts/brief.ts';
import type { Drafts } from '../../services/posts/drafts.ts';
import type { Made, PostWork } from '../../services/posts/results.ts';
import { unlessRefused, type StepCall, type Steps } from '../steps.ts';
import { findOffBrand } from './judge.ts';
import { captionRequest, captionStep, type Means } from './post-parts.ts';

/** What captions are written and checked with. */
export type Desk = Pick<Means, 'provider'> & {
  drafts: Drafts;
  /** Whether a caption with findings is written once more. */
  rewrites: boolean;
  /** Whether a model judges captions by the clauses of their brand. */
  judges: boolean;
};

/** A caption, and what the checks find in it. */
export type CheckedCaption = { caption: Made<Caption>; findings: Finding[] };

/**
 * Writes a post's caption and checks it. One with findings is written once more, as far as budgets allow; the better of both
 * stands, with what is still found in it.
 *
 * @throws as `Steps` if the first one cannot be bought. Whatever fails afterwards leaves the first one.
 */
export async function makeCaption(
  desk: Desk,
  work: PostWork,
  steps: Steps,
  signal: AbortSignal,
): Promise<CheckedCaption> {
  const { brief } = work;

  async function write(rewrite?: Rewrite): Promise<Made<Caption>> {
    const request = captionRequest(brief, rewrite);
    const call: StepCall<Caption> = (writer, until) => writer.generateObject(request, until);
    const { value, model } = await steps.buy(captionStep(desk, work, rewrite), call, signal);
    return { value, model, promptHash: promptHash(...request.messages.map(({ content }) => content)) };
  }

  /** What the model wrote, without what its brand adds. */
  function written({ value }: Made<Caption>): string {
    return fitToChannel(brief.channel, value).caption;
  }

  /** Writes down what the post is to show. @returns what says the same. */
  function register(text: string): Promise<Finding[]> {
    const { subjectId: postId, batchId, campaignId } = work;
    return desk.drafts.register({ postId, batchId, campaignId, text });
  }

  async function check(answer: Made<Caption>, step: string): Promise<CheckedCaption> {
    const caption = fitted(brief, answer.value);
    const text = written(answer);
    const [found, alike, offBrand] = await Promise.all([
      checkCaption({ brief, caption, answer: answer.value, today: new Date() }),
      register(text),
      desk.judges ? findOffBrand(desk, { brief, text, step }, steps, signal) : [],
    ]);
    return { caption: { ...answer, value: caption }, findings: tidied([...found, ...alike, ...offBrand]) };
  }

  const { name } = captionStep(desk, work);
  const answer = await write();
  const first = await check(answer, name);
  if (first.findings.length === 0 || !desk.rewrites) return first;
  const rewrite = { caption: answer.value.caption, findings: first.findings };
  const rewritten = await write(rewrite).catch(unlessRefused);
  if (rewritten === undefined) return first;
  const second = await check(rewritten, captionStep(desk, work, rewrite).name);
  // The first is registered again, so that others are compared with what stands.
  if (second.findings.length < first.findings.length) return second;
  await register(written(answer));
  return first;
}

/** A model's answer with what its brand adds, within the limits of its channel. */
function fitted({ channel, additions }: Brief, answer: Caption): Caption {
  return fitToChannel(channel, additions === undefined ? answer : withAdditions(channel, answer, additions));
}
