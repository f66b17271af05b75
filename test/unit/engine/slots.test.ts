import { describe, expect, it } from 'vitest';
import { fixedSlots, learnedSlots, type Slots } from '../../../src/engine/slots.ts';

const bounds = { demand: () => ({ images: 1, requests: 2 }), atLeast: 10, atMost: 200, firstGuessMs: 10_000 };

/** Slots under 240 images a minute, where nothing else is as tight. */
function setUp(limitsPerMinute: Record<string, number> = { images: 240, requests: 600 }): Slots {
  const slots = learnedSlots(bounds);
  slots.allowed(limitsPerMinute);
  return slots;
}

function hold(slots: Slots, seconds: number, jobs: number): void {
  for (let job = 0; job < jobs; job += 1) slots.held(seconds * 1_000);
}

/** Room for jobs that are held longer than others, over rate × seconds. */
const withRoom = (busy: number) => Math.ceil(busy + 2 * Math.sqrt(busy));

describe('slots that follow the limits', () => {
  it('are the rate of the limits times the time that jobs hold them, and some room', () => {
    const slots = setUp();
    hold(slots, 10, 100);
    expect(slots.count()).toBe(withRoom(4 * 10));
  });

  it('begin with a guess of that time, so that the first batch need not wait', () => {
    expect(setUp().count()).toBe(withRoom(4 * 10));
  });

  it('are the least while no limits are known', () => {
    expect(learnedSlots(bounds).count()).toBe(10);
  });

  it('follow the tightest limit, by what a job takes of it', () => {
    const slots = setUp({ images: 240, requests: 120 });
    hold(slots, 20, 200);
    expect(slots.count()).toBe(withRoom(1 * 20));
  });

  it('follow a limit that is cut and raised again', () => {
    const slots = setUp();
    slots.allowed({ images: 120 });
    expect(slots.count()).toBe(withRoom(2 * 10));
    slots.allowed({ images: 240 });
    expect(slots.count()).toBe(withRoom(4 * 10));
  });

  it('grow while jobs take longer, and shrink when they are fast again', () => {
    const slots = setUp();
    const counts = [slots.count()];
    for (const seconds of [20, 20, 5, 5]) {
      hold(slots, seconds, 100);
      counts.push(slots.count());
    }
    const [first = 0, longer = 0, steady = 0, faster = 0] = counts;
    expect(longer).toBeGreaterThan(first);
    expect(steady).toBe(withRoom(4 * 20));
    expect(faster).toBeLessThan(first);
    expect(faster).toBeGreaterThanOrEqual(withRoom(4 * 5));
  });

  it('are not decided by one job alone', () => {
    const slots = setUp();
    hold(slots, 60, 1);
    expect(slots.count()).toBe(withRoom(4 * 12.5));
    hold(slots, 0, 1);
    expect(slots.count()).toBe(withRoom(4 * 12.5 * 0.95));
  });

  it('are never fewer than the least, however short jobs and tight limits are', () => {
    const slots = setUp({ images: 1 });
    hold(slots, 0.01, 1_000);
    expect(slots.count()).toBe(10);
  });

  it('are never more than the most, also where nothing is limited', () => {
    expect(setUp({}).count()).toBe(200);
    expect(setUp({ images: 1_000_000 }).count()).toBe(200);
  });
});

it('slots that are set stay as they are', () => {
  const slots = fixedSlots(7);
  slots.allowed({ images: 1_000_000 });
  hold(slots, 60, 100);
  expect(slots.count()).toBe(7);
});
