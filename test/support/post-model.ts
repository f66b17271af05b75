import fc from 'fast-check';
import {
  ApprovePostDocument,
  RejectPostDocument,
  RestoreRevisionDocument,
} from '../../client/generated/graphql.ts';
import type { Account } from './app.ts';
import { editPost, getPost, idlePost, regeneratePost } from './posts.ts';

export type Step =
  | { act: 'edit'; isStale: boolean }
  | { act: 'race' }
  | { act: 'regenerate'; part: 'CAPTION' | 'IMAGE' | 'BOTH' }
  | { act: 'approve' }
  | { act: 'reject' }
  | { act: 'restore'; place: number }
  | { act: 'wait' };

/** What people may do to a post, while machines work on it. */
export const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('edit' as const), isStale: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('race' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('regenerate' as const),
      part: fc.constantFrom('CAPTION' as const, 'IMAGE' as const, 'BOTH' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('approve' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reject' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restore' as const), place: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('wait' as const) }) },
);

/** What people know, whatever the machines' timing is. */
type Model = {
  /** Captions that were accepted from people. */
  written: string[];
  machineRevisions: number;
  /** The caption that a person wrote or chose last. */
  chosenCaption: string | null | undefined;
  /** What an approved post showed when it was approved. */
  approved: { caption: string | null; imageUrl: string | null } | undefined;
};

/**
 * Takes these steps one after another, without waiting for machines, and compares the post with what must hold.
 *
 * @returns what does not hold; none where all is well.
 */
export async function playSteps(account: Account, postId: string, steps: readonly Step[]): Promise<string[]> {
  const model: Model = {
    written: [],
    machineRevisions: 3,
    chosenCaption: undefined,
    approved: undefined,
  };
  const faults: string[] = [];
  const hold = (holds: boolean, what: string) => {
    if (!holds) faults.push(what);
  };

  async function write(caption: string, expectedVersion: number): Promise<boolean> {
    const answer = await editPost(account, { postId, expectedVersion, caption });
    const isWritten = answer.__typename === 'Post';
    hold(isWritten || answer.__typename === 'VersionConflictError', `an edit answered ${answer.__typename}`);
    if (!isWritten) return false;
    model.written.push(caption);
    model.chosenCaption = caption;
    model.approved = undefined;
    return true;
  }

  async function take(step: Step, name: string): Promise<void> {
    const { version: expectedVersion, revisions } = await getPost(account, postId);
    const input = { postId, expectedVersion };
    switch (step.act) {
      case 'edit': {
        const isWritten = await write(name, step.isStale ? expectedVersion - 1 : expectedVersion);
        return hold(!(isWritten && step.isStale), 'a stale edit was accepted');
      }
      case 'race': {
        const written = await Promise.all(['a', 'b'].map((who) => write(`${name} ${who}`, expectedVersion)));
        return hold(!written.every(Boolean), 'two edits of one version were accepted');
      }
      case 'regenerate': {
        const answer = await regeneratePost(account, { postId, part: step.part, instruction: name });
        const isOrdered = answer.__typename === 'Post';
        hold(isOrdered || answer.__typename === 'PostStateError', `a remake answered ${answer.__typename}`);
        if (isOrdered) model.machineRevisions += { CAPTION: 2, IMAGE: 1, BOTH: 3 }[step.part];
        return undefined;
      }
      case 'approve': {
        const { approvePost } = await account.run(ApprovePostDocument, { input });
        if (approvePost.__typename !== 'Post') return undefined;
        const { caption, imageUrl } = approvePost;
        model.approved = { caption, imageUrl };
        return undefined;
      }
      case 'reject': {
        const { rejectPost } = await account.run(RejectPostDocument, { input });
        if (rejectPost.__typename === 'Post') model.approved = undefined;
        return undefined;
      }
      case 'restore': {
        const captions = revisions.filter(({ field }) => field === 'CAPTION');
        const revision = captions[step.place % captions.length];
        const { restoreRevision } = await account.run(RestoreRevisionDocument, {
          input: { ...input, number: revision?.number ?? 0 },
        });
        if (restoreRevision.__typename !== 'Post') return undefined;
        model.chosenCaption = revision?.caption;
        model.approved = undefined;
        return undefined;
      }
      case 'wait':
        await idlePost(account, postId);
        return undefined;
      default:
        throw step satisfies never;
    }
  }

  for (const [place, step] of steps.entries()) await take(step, `edit ${place}`);
  const post = await idlePost(account, postId);
  const oldestFirst = post.revisions.toReversed();
  hold(
    oldestFirst.every(({ number }, place) => number === place + 1),
    'revisions are not numbered 1, 2, 3 …',
  );
  const byPeople = post.revisions.filter(({ author }) => author === 'PERSON');
  const kept = new Set(byPeople.map(({ caption }) => caption));
  hold(byPeople.length === model.written.length, 'there are more or fewer edits than were accepted');
  hold(
    model.written.every((caption) => kept.has(caption)),
    'an accepted edit is lost',
  );
  hold(
    post.revisions.length - byPeople.length === model.machineRevisions,
    'there are more or fewer results than were ordered',
  );
  for (const field of ['CAPTION', 'HASHTAGS', 'IMAGE'] as const) {
    const current = post.revisions.filter((one) => one.field === field && one.isCurrent);
    hold(current.length === 1, `${current.length} revisions of ${field} are current`);
  }
  hold(
    model.chosenCaption === undefined || post.caption === model.chosenCaption,
    'a machine overwrote what a person wrote or chose',
  );
  const { approved } = model;
  hold(
    approved === undefined ||
      (post.review === 'APPROVED' &&
        post.caption === approved.caption &&
        post.imageUrl === approved.imageUrl),
    'an approved post shows something else',
  );
  return faults;
}
