import { describe, expect, it } from 'vitest';
import { countsOf } from '../../src/demo/view.ts';
import { card, completed, failed, snapshot, stage, stateAfter } from './support/story.ts';

describe('reduce', () => {
  it('follows a post from waiting to done', () => {
    const steps = [
      [],
      [stage('1', 'STARTED')],
      [stage('1', 'CAPTION_READY')],
      [stage('1', 'IMAGE_READY')],
      [completed('1', { completedCount: 1 })],
    ];
    const seen = steps.map((_step, index) =>
      stateAfter(2, ...steps.slice(0, index + 1).flat()).posts.get('1'),
    );
    expect(seen).toMatchObject([
      { status: 'PENDING', hasCaption: false, hasImage: false },
      { status: 'GENERATING', hasCaption: false, hasImage: false },
      { status: 'GENERATING', hasCaption: true, hasImage: false },
      { status: 'GENERATING', hasCaption: true, hasImage: true },
      { status: 'COMPLETED', caption: 'Caption of post 1' },
    ]);
  });

  it('takes the counters of each event, and the end from the last', () => {
    const state = stateAfter(
      3,
      completed('1', { completedCount: 1 }),
      failed('2', { completedCount: 1, failedCount: 1 }),
      stage('3', 'STARTED'),
    );
    expect(state).toMatchObject({ completedCount: 1, failedCount: 1, finishedAtMs: undefined });
    expect(state.posts.get('2')).toMatchObject({ status: 'FAILED', reason: 'The provider refused it.' });
    expect(countsOf(state)).toBe('1 done · 1 in work · 0 waiting · 1 failed');
  });

  it('leaves a final post as it is, whatever comes late', () => {
    const state = stateAfter(1, completed('1', { completedCount: 1 }), stage('1', 'IMAGE_READY'), {
      type: 'listed',
      posts: [card('1', { status: 'GENERATING', caption: null })],
    });
    expect(state.posts.get('1')).toMatchObject({ status: 'COMPLETED', caption: 'Caption of post 1' });
  });

  it('keeps stages that a list on its way did not know of', () => {
    const pending = { type: 'listed', posts: [card('1', { status: 'PENDING' })] } as const;
    const generating = { type: 'listed', posts: [card('1', { status: 'GENERATING' })] } as const;
    const state = stateAfter(1, stage('1', 'CAPTION_READY'), pending, generating);
    expect(state.posts.get('1')).toMatchObject({ status: 'GENERATING', hasCaption: true });
  });

  it('learns from a list what began before the connection', () => {
    const state = stateAfter(1, { type: 'listed', posts: [card('1', { status: 'GENERATING' })] });
    expect(state.posts.get('1')?.status).toBe('GENERATING');
  });

  it('begins anew when a post is tried again, but counts its time from its first start', () => {
    const state = stateAfter(
      1,
      stage('1', 'STARTED', '2026-01-01T00:00:01.000Z'),
      stage('1', 'CAPTION_READY'),
      stage('1', 'STARTED', '2026-01-01T00:00:09.000Z'),
    );
    expect(state.posts.get('1')).toMatchObject({
      hasCaption: false,
      startedAtMs: Date.parse('2026-01-01T00:00:01.000Z'),
    });
  });

  it('does not mind a stage of a post that it does not know', () => {
    expect(stateAfter(1, stage('unknown', 'STARTED'))).toEqual(stateAfter(1));
  });

  it('learns how far the clock of the server is ahead', () => {
    const receivedAtMs = Date.parse('2026-01-01T00:00:00.000Z');
    const state = stateAfter(1, { ...snapshot('2026-01-01T00:01:00.000Z'), receivedAtMs });
    expect(state.clockAheadMs).toBe(60_000);
  });
});
